import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { cache, root } from './root.ts'

export interface ProgramOptions {
  /** Where its packages are looked for first; default: those of the repository. */
  packages?: string
  /** Run the sources in place of what `npm run build` made of them, which is what users run. */
  sources?: boolean
}

/** Makes a program for child processes of a TypeScript file: Node 20 runs none by itself. It is the caller's to remove. */
export async function makeProgram(file: string, options: ProgramOptions = {}): Promise<string> {
  const folder = join(options.packages ?? cache, 'programs')
  mkdirSync(folder, { recursive: true })
  const profiles = process.env.REPLIC8_BENCH_PROFILE
  const outfile = join(folder, `${basename(file, '.ts')}-${process.pid}.mjs`)
  await build({
    entryPoints: [join(root, file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    sourcemap: profiles ? 'inline' : false,
    plugins: [options.sources ? nodeSources : built],
  })
  // The program will be gone when its profile is read.
  if (profiles) copyFileSync(outfile, join(profiles, basename(outfile)))
  return outfile
}

/** What is imported of `src/entry` comes from `dist/node`, so that the figures are those of the package. */
const built: Plugin = {
  name: 'built',
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/entry\/[^/]+\.ts$/ }, ({ path, importer }) => {
      if (!relative(root, importer).startsWith('bench')) return undefined
      const name = basename(path, '.ts').replace(/\.node$/, '')
      return { path: pathToFileURL(join(root, 'dist', 'node', `${name}.js`)).href, external: true }
    })
  },
}

/** As the build for Node does it. */
const nodeSources: Plugin = {
  name: 'node-sources',
  setup({ onResolve }) {
    onResolve({ filter: /\/platform\/web-socket\.ts$/ }, () => ({
      path: join(root, 'src', 'platform', 'node', 'web-socket.ts'),
    }))
  },
}
