import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cwd, pid } from 'node:process'
import { build } from 'esbuild'

/** Below node_modules, so that the packages that it imports are found. */
const bundles = join(cwd(), 'node_modules/.cache/replic8')

/** Builds a program in TypeScript, which Node 20 cannot run by itself; `remove` it in the end. */
export async function buildProgram(file: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = join(bundles, `test-${pid}-${file.replaceAll(/\W+/g, '-')}.mjs`)
  await build({
    ...{ entryPoints: [file], outfile: path, logLevel: 'warning' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
  })
  return { path, remove: () => rm(path, { force: true }) }
}
