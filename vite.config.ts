// The library build: `vite build --mode browser` and `vite build --mode node`; scripts/build.mjs runs both.
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig, type UserConfig } from 'vite'
import { leanEngine } from './engine.config.ts'
import { browserPlatform } from './platform.config.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const entry = (name: string) => here(`src/entry/${name}.ts`)

const library = (outDir: string, entries: Record<string, string>): UserConfig => ({
  publicDir: false,
  build: {
    outDir,
    target: 'es2022',
    sourcemap: true,
    emptyOutDir: true,
    reportCompressedSize: false,
    // The notices that the licences of what is bundled ask for.
    license: { fileName: 'licenses.md' },
    lib: { entry: entries, formats: ['es'] },
    rolldownOptions: {
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'shared/[name]-[hash].js',
        // The sources are inside the maps; their names do not depend on where the build was made.
        sourcemapPathTransform: (source) => source.replace(/^(\.\.\/)+/, ''),
      },
    },
  },
})

/** Self-contained: everything the engine needs is inside, and nothing is imported by a bare name. */
const browser = mergeConfig(
  browserPlatform,
  mergeConfig(
    library('dist/browser', {
      index: entry('index'),
      storage: entry('storage'),
      tabs: entry('tabs'),
      webrtc: entry('webrtc'),
      websocket: entry('websocket'),
      worker: entry('worker'),
    }),
    { build: { rolldownOptions: { output: { minify: true } } } } satisfies UserConfig,
  ),
)

/** Native modules, and what is loaded only where it is installed: hyperswarm, and what `ws` takes where it is. */
const notBundled = ['sodium-native', 'fd-lock', 'hyperswarm', 'hyperdht', 'utf-8-validate']

/** The same engine over sodium-native, which cannot be bundled, and Node's own modules; and the bridge. */
const node = mergeConfig(
  library('dist/node', {
    index: entry('index.node'),
    storage: entry('storage.node'),
    tabs: entry('tabs'),
    webrtc: entry('webrtc'),
    websocket: entry('websocket'),
    worker: entry('worker'),
    bridge: entry('bridge'),
    swarm: entry('swarm'),
    cli: here('src/bridge/cli.ts'),
  }),
  {
    plugins: [leanEngine()],
    resolve: {
      conditions: ['node', 'module', 'import', 'default'],
      mainFields: ['module', 'main'],
      alias: [
        { find: /^fsctl$/, replacement: here('src/platform/node/no-locks.ts') },
        { find: /^bufferutil$/, replacement: here('src/platform/node/buffer-util.ts') },
        { find: /^.*\/platform\/web-socket\.ts$/, replacement: here('src/platform/node/web-socket.ts') },
      ],
    },
    build: {
      minify: false,
      rolldownOptions: {
        platform: 'node',
        external: [...notBundled, /^node:/, ...builtinModules],
      },
    },
  } satisfies UserConfig,
)

export default defineConfig(({ mode }) => (mode === 'node' ? node : browser))
