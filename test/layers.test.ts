import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** The layers, from the bottom: a file imports only its own layer or lower ones. */
const layers: [folder: string, layer: number][] = [
  ['src/platform/', 0],
  ['src/wire/', 1],
  ['src/negotiation/', 2],
  ['src/session/', 3],
  ['src/replicator/', 4],
  ['src/transports/', 5],
  ['src/storage/', 5],
  ['src/bridge/', 6],
  ['src/entry/', 7],
]

/** Layer 5 stands beside the stack: these know connections and files, and nothing of what travels over them. */
const siblings = ['src/transports/', 'src/storage/']

/** Packages that only one place may name. */
const homes: [named: string, home: RegExp][] = [
  ['hypercore-protocol', /^src\/session\//],
  ['simple-peer', /^src\/transports\/[^/]+$/],
  ['random-access-idb', /^src\/storage\/[^/]+$/],
]

const files = new Map(
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map((file) => [join('src', file), importsOf(readFileSync(join('src', file), 'utf8'))]),
)

function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '')
  const statements =
    /^\s*(?:import|export)\b[^'"]*?(?:from\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...code.matchAll(statements)].map((match) => (match[1] ?? match[2]) as string)
}

function localImports(file: string): string[] {
  const local = (files.get(file) ?? []).filter((name) => name.startsWith('.'))
  return local.map((name) => normalize(join(dirname(file), name)))
}

const folderOf = (file: string) => layers.find(([folder]) => file.startsWith(folder))?.[0] ?? 'src/'
const layerOf = (file: string) => layers.find(([folder]) => file.startsWith(folder))?.[1] ?? 0

test('every file of a folder belongs to a layer, and every import leads to a file', () => {
  expect(files.size).toBeGreaterThan(40)
  for (const [file] of files) {
    expect(dirname(file) === 'src' || folderOf(file) !== 'src/', `${file} has no layer`).toBe(true)
    for (const target of localImports(file)) expect(files.has(target), `${file} imports ${target}`).toBe(true)
  }
})

test('no file imports from a layer above its own', () => {
  const upward = [...files.keys()].flatMap((file) =>
    localImports(file)
      .filter((target) => layerOf(target) > layerOf(file))
      .map((target) => `${file} → ${target}`),
  )
  expect(upward).toEqual([])
})

test('transports and storages know neither each other nor what travels over them', () => {
  const forbidden = [...files.keys()].flatMap((file) => {
    const own = folderOf(file)
    if (!siblings.includes(own)) return []
    const allowed = (target: string) => folderOf(target) === own || layerOf(target) === 0
    return localImports(file)
      .filter((target) => !allowed(target))
      .map((target) => `${file} → ${target}`)
  })
  expect(forbidden).toEqual([])
})

test('no circle of imports, but for types', () => {
  const valueImports = (file: string) => {
    const source = readFileSync(file, 'utf8').replace(/^\s*import type [\s\S]*?from\s*['"][^'"]+['"]/gm, '')
    return importsOf(source)
      .filter((name) => name.startsWith('.'))
      .map((name) => normalize(join(dirname(file), name)))
  }
  const done = new Set<string>()
  const visit = (file: string, path: string[]) => {
    const start = path.indexOf(file)
    expect(start, [...path.slice(start), file].join(' → ')).toBe(-1)
    if (done.has(file)) return
    for (const target of valueImports(file)) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files.keys()) visit(file, [])
})

test('hypercore-protocol, simple-peer and random-access-idb are each named in one place', () => {
  for (const [name, home] of homes) {
    const users = [...files].filter(([, imports]) => imports.includes(name)).map(([file]) => file)
    expect(
      users.filter((file) => !home.test(file)),
      `files that import ${name}`,
    ).toEqual([])
    expect(users.length, `files that import ${name}`).toBe(1)
  }
})
