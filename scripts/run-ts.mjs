// `node scripts/run-ts.mjs <file.ts> [arguments]`: runs a TypeScript program; Node 20 cannot by itself.
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from './setup.mjs'

const [file, ...rest] = process.argv.slice(2)
if (!file) {
  console.error('Usage: node scripts/run-ts.mjs <file.ts> [arguments]')
  process.exit(1)
}
// Below node_modules, so that the packages that it imports are found.
const outfile = `${root}node_modules/.cache/replic8/run-${process.pid}.mjs`
process.on('exit', () => rmSync(outfile, { force: true }))
await build({
  entryPoints: [resolve(file)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  packages: 'external',
  logLevel: 'warning',
})
process.setSourceMapsEnabled(true)
process.argv = [process.argv[0], resolve(file), ...rest]
await import(pathToFileURL(outfile).href)
