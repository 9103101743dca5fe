// `npm run build`: dist/browser and dist/node (ESM with source maps), dist/demo, and dist/types.
import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { build } from 'vite'
import { root, tool } from './setup.mjs'

// Built aside and moved in one step, so that who reads dist meanwhile sees the old or the new, never half of one.
const aside = `${root}node_modules/.cache/replic8/build-${process.pid}`
rmSync(aside, { recursive: true, force: true })

for (const mode of ['browser', 'node']) {
  await build({
    root,
    mode,
    configFile: `${root}vite.config.ts`,
    configLoader: 'runner',
    logLevel: 'warn',
    build: { outDir: `${aside}/${mode}` },
  })
}
chmodSync(`${aside}/node/cli.js`, 0o755)
// What `replic8 demo` serves.
await build({
  configFile: `${root}demo/vite.config.ts`,
  configLoader: 'runner',
  logLevel: 'warn',
  build: { outDir: `${aside}/demo`, emptyOutDir: true, sourcemap: false },
})
tool('typescript:tsc', ['-p', 'tsconfig.build.json', '--outDir', `${aside}/types`])
finishTypes(`${aside}/types`)

rmSync(`${root}dist`, { recursive: true, force: true })
renameSync(aside, `${root}dist`)

/**
 * Makes the declarations stand alone: their imports name files that exist in dist, `Buffer` and `events` need no
 * @types/node and streamx no types of its own (src/platform/declarations), and those that no entry point reaches are left out.
 */
function finishTypes(types) {
  const files = readdirSync(types, { recursive: true }).filter((file) => file.endsWith('.d.ts'))
  for (const file of files) {
    const path = `${types}/${file}`
    const source = readFileSync(path, 'utf8').replace(/(from |import\()(['"]\..*?)\.ts(['"])/g, '$1$2.js$3')
    const toTypes = relative(dirname(path), types) || '.'
    const standing = source.replace(/(['"])(streamx|events)\1/g, `'${toTypes}/$2.js'`)
    writeFileSync(path, withBuffer(standing, toTypes))
  }
  cpSync(`${root}src/platform/declarations`, types, { recursive: true })
  const reached = reach(files.filter((file) => /^entry[/\\]/.test(file)).map((file) => resolve(types, file)))
  for (const file of files) if (!reached.has(resolve(types, file))) rmSync(`${types}/${file}`)
  removeEmptyFolders(types)
}

/** Node's declarations make Buffer a global; here it is imported. */
function withBuffer(source, toTypes) {
  const rest = source.replace(/^import (type )?\{ (type )?Buffer \} from ['"](node:)?buffer['"];?\n/m, '')
  const code = rest.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return /\bBuffer\b/.test(code) ? `import type { Buffer } from '${toTypes}/buffer.js';\n${rest}` : source
}

function reach(paths, reached = new Set()) {
  for (const path of paths) {
    if (reached.has(path)) continue
    reached.add(path)
    const imports = readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\..*?)\.js['"]/g)
    reach(
      [...imports].map(([, to]) => resolve(dirname(path), `${to}.d.ts`)),
      reached,
    )
  }
  return reached
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    removeEmptyFolders(`${folder}/${entry.name}`)
    if (readdirSync(`${folder}/${entry.name}`).length === 0)
      rmSync(`${folder}/${entry.name}`, { recursive: true })
  }
}
