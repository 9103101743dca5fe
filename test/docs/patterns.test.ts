import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const pages = (await readdir('docs/patterns')).filter((name) => name.endsWith('.md')).sort()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replic8-patterns-'))
  const own = join(folder, 'node_modules/replic8')
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  // The source as it is now, under the name that an application imports.
  await build({
    entryPoints: ['src/entry/index.node.ts'],
    outfile: join(own, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['sodium-native', 'fd-lock'],
    alias: { fsctl: resolve('src/platform/node/no-locks.ts') },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  for (const name of ['hyperdrive', 'sodium-native']) {
    await symlink(dirname(require.resolve(`${name}/package.json`)), join(folder, 'node_modules', name))
  }
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('there are pages', () => expect(pages.length).toBeGreaterThan(5))

for (const page of pages) {
  test(`docs/patterns/${page} prints what it says`, async () => {
    const text = await readFile(join('docs/patterns', page), 'utf8')
    const { js, text: printed } = codeOf(text)
    expect(js?.split('\n').length, 'lines of the example').toBeLessThanOrEqual(41)
    const file = join(folder, page.replace('.md', '.mjs'))
    await writeFile(file, js as string)
    const { stdout, stderr } = await run(process.execPath, [file], { timeout: 20_000 })
    expect(stderr).toBe('')
    expect(stdout).toBe(printed)
  })
}

/** The first block of code of each language. */
function codeOf(page: string): Record<string, string> {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => [
    language,
    code,
  ])
  return Object.fromEntries(blocks.reverse())
}
