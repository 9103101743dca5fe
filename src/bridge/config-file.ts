import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { unknown } from './arguments.ts'
import { type Settings, settings, UsageError } from './settings.ts'
import { put } from './settings-value.ts'

/** The settings in a file of JSON; its paths are relative to the file. @throws UsageError */
export function readConfig(path: string): Settings {
  const config = parse(path)
  const given: Settings = {}
  for (const [name, value] of Object.entries(config)) {
    const setting = settings.find((one) => one.name === name)
    if (!setting)
      throw new UsageError(
        `${path}: ${unknown(
          'setting',
          name,
          settings.map((one) => one.name),
        )}`,
      )
    const text = setting.kind === 'path' && typeof value === 'string'
    put(given, setting, text ? resolve(dirname(path), value) : value, `${path}: ${name}`)
  }
  return given
}

function parse(path: string): object {
  const text = readText(path)
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    // The parser's own words quote the file, and keys may be in it.
    throw new UsageError(`${path} is not JSON.`)
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new UsageError(`${path} must hold one JSON object.`)
  return config
}

/** The keys in a file: one a line; empty lines and those that begin with # do not count. @throws UsageError */
export function readKeys(path: string): string[] {
  const lines = readText(path).split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
}

/** Whether any user of the machine can read a file. A group may be meant to. */
export function isReadableByOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0
}

/** @throws UsageError */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    throw new UsageError(
      code === 'ENOENT' ? `There is no file ${path}.` : `The file ${path} cannot be read (${code}).`,
    )
  }
}
