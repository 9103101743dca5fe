// `npm start`: the demo, from a fresh clone, with no other step. PORT: which port to try first.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDependencies, root } from './setup.mjs'

installDependencies()
const { build, preview } = await import('vite')

// A folder of its own: two that are started at once do not get into each other's way.
const outDir = mkdtempSync(join(tmpdir(), 'replic8-demo-'))
process.on('exit', () => rmSync(outDir, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0))

const config = { configFile: `${root}demo/vite.config.ts`, configLoader: 'runner', logLevel: 'warn' }
await build({ ...config, build: { outDir, emptyOutDir: true } })
const server = await preview({
  ...config,
  build: { outDir },
  preview: { host: '127.0.0.1', port: Number(process.env.PORT ?? 8080), strictPort: false },
})
const { port } = server.httpServer.address()
console.log(`The demo is at http://localhost:${port}/ (stop it with Ctrl+C).`)
