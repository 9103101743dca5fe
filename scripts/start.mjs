// `npm start`: the demo and its bridge, from a fresh clone, with no other step. PORT: which port to try first. What is
// given behind `npm start --` goes to the command: see `npm start -- --help`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installDependencies, root } from './setup.mjs'

installDependencies()
const { build } = await import('vite')

// A folder of its own: two that are started at once do not get into each other's way. Below node_modules, so that the
// packages that are not bundled are found.
const cache = `${root}node_modules/.cache/replic8`
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'start-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const stop = () => process.exit(0)
for (const signal of signals) process.on(signal, stop)

// The shell that npm starts this in dies of a signal without passing it on.
const { ppid } = process
const isNpm = process.env.npm_lifecycle_event === 'start'
if (isNpm) setInterval(() => process.ppid !== ppid && process.kill(process.pid, 'SIGTERM'), 500).unref()

const config = { configLoader: 'runner', logLevel: 'warn' }
// Beside each other, as in the package.
await build({
  ...config,
  configFile: `${root}demo/vite.config.ts`,
  build: { outDir: join(folder, 'demo'), emptyOutDir: true },
})
await build({
  ...config,
  root,
  mode: 'node',
  configFile: `${root}vite.config.ts`,
  build: { outDir: join(folder, 'node'), chunkSizeWarningLimit: Infinity },
})

const port = process.env.PORT ? ['--port', process.env.PORT] : []
process.argv.splice(2, Infinity, 'demo', ...port, ...process.argv.slice(2))
process.setSourceMapsEnabled(true)
// From here on the command ends itself in order.
for (const signal of signals.slice(0, 2)) process.off(signal, stop)
await import(pathToFileURL(join(folder, 'node', 'cli.js')).href)
