import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parseAst } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'

let consumer: Consumer
let files: string[]
beforeAll(async () => {
  consumer = await unpackedConsumer()
  const folder = join(consumer.dir, 'node_modules/replic8')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}, 120_000)
afterAll(() => consumer.remove())

const inPackage = (path: string) => join(consumer.dir, 'node_modules/replic8', path)
const manifest = () => JSON.parse(readFileSync(inPackage('package.json'), 'utf8'))
const scripts = (variant: string) =>
  files.filter((file) => file.startsWith(inPackage(`dist/${variant}`)) && file.endsWith('.js'))

/** The minifier writes what is imported later as a template. */
function textOf(literal: object): string {
  const { value, quasis } = literal as { value?: unknown; quasis?: { value: { cooked: string } }[] }
  return String(value ?? quasis?.map((part) => part.value.cooked).join('…'))
}

/** Where a script imports from: statically, dynamically, or by a `require`, also the one that the bundler makes. */
function specifiers(file: string): string[] {
  const found: string[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, source, callee, arguments: args } = node as Record<string, { name: string; value: unknown }>
    if (/^(Import|Export)/.test(String(type)) && source) found.push(textOf(source))
    if (String(type) === 'CallExpression' && /require$/i.test(callee?.name ?? '')) {
      const [first] = args as unknown as { value: unknown }[]
      if (typeof first?.value === 'string') found.push(first.value)
    }
    for (const child of Object.values(node)) walk(child)
  }
  walk(parseAst(readFileSync(file, 'utf8')))
  return found
}

describe('the package', () => {
  test('holds what a user needs to read and to run', () => {
    const needed = [
      'LICENSE',
      'CHANGELOG.md',
      'docs/BRIDGE.md',
      'dist/browser/index.js',
      'dist/node/index.js',
    ]
    for (const path of [...needed, 'dist/demo/index.html'])
      expect(existsSync(inPackage(path)), path).toBe(true)
    for (const path of ['src', 'test', 'node_modules']) expect(existsSync(inPackage(path)), path).toBe(false)
  })

  test('has a file for every entry point and condition', () => {
    const { exports, bin } = manifest()
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target as object),
    )
    for (const target of [...targets, ...Object.values<string>(bin)])
      expect(existsSync(inPackage(target)), target).toBe(true)
  })

  test('offers what runs on a server to Node only', () => {
    for (const entry of ['./bridge', './swarm'])
      expect(Object.keys(manifest().exports[entry])).toEqual(['types', 'node'])
  })

  test('depends on sodium-native, and on what keeps a user’s own hypercore working', () => {
    expect(manifest().dependencies).toEqual({
      'noise-protocol': '3.0.1',
      // Not imported: it makes pnpm resolve this package with the noise-protocol above, wherever hypercore asks for it.
      'simple-hypercore-protocol': '^2.1.2',
      'sodium-native': '^3.4.1',
    })
  })

  test('says nothing about the machine that built it', () => {
    const repository = process.cwd()
    const telling = files.filter((file) => readFileSync(file, 'utf8').includes(repository))
    expect(telling).toEqual([])
  })

  test('has a source map for every script, with its sources inside', () => {
    for (const file of [...scripts('browser'), ...scripts('node')]) {
      const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, 'utf8'))?.[1]
      // A script that holds nothing but imports and exports has nothing to map.
      if (!url) continue
      const map = JSON.parse(readFileSync(resolve(dirname(file), url), 'utf8'))
      expect(map.sources.length).toBe(map.sourcesContent.length)
      expect(map.sources.filter((source: string) => source.startsWith('/'))).toEqual([])
    }
  })
})

describe('the browser build', () => {
  test('imports nothing by a bare name', () => {
    const imported = scripts('browser').flatMap((file) => specifiers(file).map((to) => ({ file, to })))
    expect(imported.length).toBeGreaterThan(0)
    for (const { file, to } of imported) {
      expect(to).toMatch(/^\.\.?\//)
      expect(existsSync(resolve(dirname(file), to)), to).toBe(true)
    }
  })

  test('makes no code from text, so that a strict Content-Security-Policy allows it', () => {
    for (const file of scripts('browser')) {
      expect(readFileSync(file, 'utf8')).not.toMatch(/\bnew Function\b|[^.\w]Function\(|[^.\w]eval\(/)
    }
  })

  // Of all entry points; what an app loads of it is in test/bench/size.test.ts.
  test('stays below 180 KB compressed, all entry points together', () => {
    const bytes = scripts('browser').reduce(
      (sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length,
      0,
    )
    expect(bytes).toBeLessThan(180_000)
  })

  test('carries each package once, however many entry points are used', () => {
    const homes = new Map<string, Set<string>>()
    for (const file of scripts('browser')) {
      if (!existsSync(`${file}.map`)) continue
      for (const source of JSON.parse(readFileSync(`${file}.map`, 'utf8')).sources as string[]) {
        homes.set(source, (homes.get(source) ?? new Set()).add(file))
      }
    }
    expect([...homes].filter(([, in_]) => in_.size > 1)).toEqual([])
  })
})

describe('the Node build', () => {
  test('imports Node’s own modules and the declared dependencies only', async () => {
    const { builtinModules } = await import('node:module')
    const { dependencies, optionalDependencies } = manifest()
    // Asked for inside a try: by debug, for colours, and by ws, for speed.
    const tried = ['supports-color', 'bufferutil', 'utf-8-validate']
    const declared = [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...tried]
    const known = new Set([...builtinModules, ...declared])
    const bare = scripts('node')
      .flatMap(specifiers)
      .filter((to) => !to.startsWith('.') && !to.startsWith('node:') && !known.has(to))
    expect(bare).toEqual([])
  })
})
