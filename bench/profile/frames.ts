import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As the inspector protocol of V8 has it. */
export interface CallFrame {
  functionName: string
  url: string
  /** From 0. */
  lineNumber: number
  columnNumber: number
}

export interface Frame {
  name: string
  /** The file in the repository, or in a package of node_modules; `node:…` and '' are Node's own and native code. */
  source: string
}

const maps = new Map<string, SourceMap | undefined>()

/**
 * Where a function was written: bundles are read by their source maps.
 *
 * @param folder has the programs of the benchmark that are gone from where they ran
 */
export function frameOf({ functionName, url, lineNumber, columnNumber }: CallFrame, folder: string): Frame {
  const name = functionName || '(anonymous)'
  if (!url.startsWith('file:')) return { name, source: url }
  const ran = fileURLToPath(url)
  const file = existsSync(ran) ? ran : join(folder, basename(ran))
  if (!maps.has(file)) maps.set(file, readMap(file))
  const entry = maps.get(file)?.findEntry(lineNumber, columnNumber)
  const source = entry && 'originalSource' in entry ? entry.originalSource : file
  return { name, source: shortened(source) }
}

function readMap(file: string): SourceMap | undefined {
  if (!existsSync(file)) return undefined
  const [, url] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, 'utf8')) ?? []
  if (!url) return undefined
  const [, inline] = url.split(';base64,')
  const path = join(dirname(file), url)
  if (inline) return new SourceMap(JSON.parse(Buffer.from(inline, 'base64').toString()))
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined
}

const shortened = (path: string) =>
  path.replace(/^.*node_modules\/(?!\.)/, '').replace(/^.*?(src|bench)\//, '$1/')
