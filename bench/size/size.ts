import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, runnerImport, type UserConfig } from 'vite'
import type { Benchmark, Goal, Row } from '../harness/results.ts'
import { cache, root } from '../harness/root.ts'
import { apps } from './apps.ts'
import { bundle } from './bundle.ts'
import { stock } from './stock.ts'

/** What a page loads: bytes are the same in every round, so there is one. */
export const size: Benchmark = {
  name: 'size',
  title: 'Size in the browser',
  about: `Bytes of JavaScript that a page loads, bundled by Vite for production, compressed by gzip -9; a KB is 1,000
bytes. Stock is what replic8 holds, as npm gives it: hypercore 9, hypercore-protocol 8, random-access-idb, simple-peer,
sodium-javascript, and npm's buffer and events.`,
  async run({ sources, log }) {
    const folder = sources ? await buildSources() : undefined
    try {
      const replic8 = packageIn(folder ?? join(root, 'dist', 'browser'))
      const theirs = await bundle(apps.stock, stock)
      log(`stock: ${theirs.gzip} bytes`)
      const rows: Row[] = []
      for (const { what, app, goal } of measured) {
        const ours = await bundle(app, replic8)
        log(`${what}: ${ours.gzip} bytes`)
        rows.push(row(what, ours.gzip, theirs.gzip, goal))
        if (goal) rows.push(row(`${what}, not compressed`, ours.minified, theirs.minified))
      }
      const packages = await bundle(apps.packages, await platform())
      log(`packages: ${packages.gzip} bytes`)
      rows.push(row('of it, the packages without replic8', packages.gzip, theirs.gzip))
      return { rows, how }
    } finally {
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
  },
}

const how = [
  'One round: every build gives the same bytes.',
  'The packages without replic8 are hypercore, hypercore-protocol and simple-peer as the library build makes them, with the same Buffer, hashes, ciphers and signatures under them: what replic8 could not be smaller than.',
]

const measured: { what: string; app: string; goal?: Goal }[] = [
  {
    what: 'Replicator, engine, WebRTC and IndexedDB',
    app: apps.replicator,
    goal: { atMost: [105, 90], of: 'figure' },
  },
  { what: 'session, engine, WebRTC and IndexedDB', app: apps.session },
  { what: 'all of replic8, replic8/storage and replic8/webrtc', app: apps.everything },
]

function row(what: string, ours: number, theirs: number, goal?: Goal): Row {
  const figures = { replic8: [ours / 1_000], against: 'stock', theirs: [theirs / 1_000] }
  return { what, unit: 'KB', ...figures, ...(goal ? { goal } : {}) }
}

/** An app finds replic8 in this folder. */
const packageIn = (folder: string): UserConfig => ({
  resolve: {
    alias: [
      { find: /^replic8$/, replacement: join(folder, 'index.js') },
      { find: /^replic8\/(\w+)$/, replacement: join(folder, '$1.js') },
    ],
  },
})

/** What the library build puts under the packages. */
async function platform(): Promise<UserConfig> {
  const { module } = await runnerImport<typeof import('../../platform.config.ts')>(
    join(root, 'platform.config.ts'),
  )
  return module.browserPlatform
}

/** The browser's part of `npm run build`, elsewhere. It is the caller's to remove. */
async function buildSources(): Promise<string> {
  mkdirSync(cache, { recursive: true })
  const outDir = mkdtempSync(join(cache, 'browser-'))
  const configFile = join(root, 'vite.config.ts')
  await build({
    root,
    mode: 'browser',
    configFile,
    configLoader: 'runner',
    logLevel: 'error',
    build: { outDir },
  })
  return outDir
}
