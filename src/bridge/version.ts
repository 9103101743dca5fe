import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version in the package that this file is a part of, built or not. */
export function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const { name, version } = manifestIn(folder)
    if (name === 'replic8') return String(version)
    if (folder === dirname(folder)) return 'unknown'
    folder = dirname(folder)
  }
}

function manifestIn(folder: string): { name?: unknown; version?: unknown } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return {}
  }
}
