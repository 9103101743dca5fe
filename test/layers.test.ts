import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

// The layers of the code: a file imports only its own layer or lower ones, and no circle exists.
const layers: [prefix: string, layer: number][] = [
  ['src/wire/', 1],
  ['src/negotiation/', 2],
  ['src/session/', 3],
  ['src/replicator/', 4],
  ['src/transports/', 5],
  ['src/storage/', 5],
  ['src/bridge/', 6],
  ['src/platform/', 0],
  ['src/entry/', 7],
]
const siblings = ['src/transports/', 'src/storage/']

/** Packages that may be named in one place only. */
const onlyHome: [pkg: RegExp, home: RegExp][] = [
  [/^hypercore-protocol$/, /^src\/session\//],
  [/^simple-peer$/, /^src\/transports\//],
  [/^random-access-idb$/, /^src\/storage\//],
]

const layerOf = (file: string) => layers.find(([prefix]) => file.startsWith(prefix))?.[1] ?? 0
const importsOf = (source: string) =>
  [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] as string)

async function sources(): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>()
  for (const file of findFiles('src')) files.set(file, importsOf(readFileSync(file, 'utf8')))
  return files
}
