import { createRequire } from 'node:module'
import { basename, join, relative } from 'node:path'
import {
  build,
  type InlineConfig,
  mergeConfig,
  type Plugin,
  type Rollup,
  runnerImport,
  type UserConfig,
} from 'vite'
import { root } from '../harness/root.ts'

/** A TypeScript file that a tab runs, and what its imports are taken from. */
export interface PageProgram {
  /** From the root of the repository. */
  file: string
  /**
   * `replic8`: what it imports of `src/entry` is the built package, as users get it. `stock`: hypercore 9 and its
   * packages from npm, with the least that makes them run in a page.
   */
  packages: 'replic8' | 'stock'
}

/** The files of programs by their names in URLs; a program `a/b.ts` begins with `b.js`. */
export type PageFiles = Map<string, string>

/** @param sources bundle the sources in place of what `npm run build` made of them */
export async function bundlePages(programs: readonly PageProgram[], sources: boolean): Promise<PageFiles> {
  const files: PageFiles = new Map()
  for (const { file, packages } of programs) {
    const platform = packages === 'stock' ? stock : sources ? await ofSources() : built
    const bundle = (await build(mergeConfig(platform, options(file)))) as Rollup.RollupOutput
    for (const chunk of bundle.output) if (chunk.type === 'chunk') files.set(chunk.fileName, chunk.code)
  }
  return files
}

function options(file: string): InlineConfig {
  const name = basename(file, '.ts')
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    // What is bundled for pages asks for it, to leave out what helps in development.
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      // A profile is for reading.
      minify: !process.env.REPLIC8_BENCH_PROFILE,
      target: 'es2022',
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      modulePreload: false,
      rolldownOptions: {
        input: { [name]: join(root, file) },
        output: { entryFileNames: '[name].js', chunkFileNames: `${name}-[hash].js` },
      },
    },
  }
}

/** As the library build has it; imported where it lies, because it names the files beside it. */
async function ofSources(): Promise<UserConfig> {
  const { module } = await runnerImport<{ browserPlatform: UserConfig }>(join(root, 'platform.config.ts'))
  return module.browserPlatform
}

/** What is imported of `src/entry` comes from `dist/browser`. */
const built: UserConfig = {
  plugins: [
    {
      name: 'built',
      enforce: 'pre',
      resolveId(source, importer) {
        const entry = /\/src\/entry\/([^/]+)\.ts$/.exec(source)?.[1]
        if (!entry || !importer || !relative(root, importer).startsWith('bench')) return
        return join(root, 'dist', 'browser', `${entry}.js`)
      },
    } satisfies Plugin,
  ],
}

const require = createRequire(import.meta.url)

/**
 * hypercore 9 in a page as its packages mean it to be: sodium-javascript for the native one, npm's buffer and events,
 * and the globals that they expect.
 */
const stock: UserConfig = {
  resolve: {
    alias: [
      { find: /^sodium-native$/, replacement: require.resolve('sodium-javascript') },
      { find: /^sodium-universal$/, replacement: require.resolve('sodium-javascript') },
      { find: /^(node:)?buffer$/, replacement: join(root, 'node_modules/buffer/index.js') },
      { find: /^(node:)?events$/, replacement: join(root, 'node_modules/events/events.js') },
      // Files of the operating system, which a page has none of; no storage is given as a path.
      { find: /^hypercore-default-storage$/, replacement: join(root, 'bench/browser/pages/nothing.ts') },
    ],
  },
  build: {
    rolldownOptions: {
      transform: {
        inject: {
          Buffer: ['buffer', 'Buffer'],
          process: [join(root, 'src/platform/browser/process.ts'), 'process'],
          global: [join(root, 'src/platform/browser/global.ts'), 'globalObject'],
        },
      },
    },
  },
}
