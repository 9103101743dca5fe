// How the browser gets what Node has: injected into the bundle, never read from the page.
// One description for the library build, the demo, and the browser tests.
import { fileURLToPath } from 'node:url'
import { type Plugin, transformWithOxc, type UserConfig } from 'vite'
import { leanEngine, type Replacement, replacing } from './engine.config.ts'

const here = (path: string) => fileURLToPath(new URL(`./${path}`, import.meta.url))
const own = (file: string) => here(`src/platform/browser/${file}`)

type Injected = Record<string, [module: string, name: string]>

const inject: Injected = {
  Buffer: ['buffer', 'Buffer'],
  process: [own('process.ts'), 'process'],
  global: [own('global.ts'), 'globalObject'],
}

/** Code that asks whether there is WebAssembly gets an answer that knows the page's security policy. */
const injectIntoDependencies: Injected = { ...inject, WebAssembly: [own('web-assembly.ts'), 'webAssembly'] }

/** The bundler injects into builds and into the dependencies of the dev server; this does it for our own sources. */
function injectWhileServing(): Plugin {
  const mentions = new RegExp(`\\b(${Object.keys(inject).join('|')})\\b`)
  const ours = new RegExp(`^${here('(src|test|demo|e2e)/').replaceAll('\\', '/')}`)
  const provided = new Set(Object.values(inject).map(([module]) => module))
  return {
    name: 'replic8:inject',
    apply: 'serve',
    async transform(code, id) {
      const path = id.split('?')[0] as string
      if (!ours.test(path) || provided.has(path) || !/\.[jt]s$/.test(path) || !mentions.test(code)) return
      return transformWithOxc(code, path, { inject, lang: path.endsWith('.ts') ? 'ts' : 'js' })
    },
  }
}

/** Large packages of which one dependency needs little; other packages of a test or a demo get the real ones. */
const slim: Replacement[] = [
  ['simple-peer', 'readable-stream', own('duplex.ts')],
  ['streamx', 'text-decoder', own('text-decoder.ts')],
  ['noise-protocol', 'clone', own('clone.ts')],
  ['blake2b-wasm', 'b4a', own('b4a.ts')],
  ['is-options', 'b4a', own('b4a.ts')],
  ['protocol-buffers-encodings', 'b4a', own('b4a.ts')],
]

const slimPackages = () => replacing('slim-packages', slim)

const injected = { transform: { inject: injectIntoDependencies } }

export const browserPlatform: UserConfig = {
  plugins: [leanEngine(), slimPackages(), injectWhileServing()],
  resolve: {
    alias: [
      // Anchored: without the ends these would rewrite other packages and paths, too.
      { find: /^(node:)?buffer$/, replacement: here('node_modules/buffer/index.js') },
      { find: /^(node:)?events$/, replacement: here('node_modules/events/events.js') },
      { find: /^sodium-native$/, replacement: own('sodium.ts') },
      { find: /^sodium-javascript$/, replacement: own('sodium.ts') },
      // It only chooses between the two above, and the dev server's optimizer stumbles over how.
      { find: /^sodium-universal$/, replacement: own('sodium.ts') },
      { find: /^xsalsa20-universal$/, replacement: own('xsalsa20.ts') },
      { find: /^.*\/platform\/signatures\.ts$/, replacement: own('signatures.ts') },
      { find: /^debug$/, replacement: own('debug.ts') },
      { find: /^hypercore-default-storage$/, replacement: own('default-storage.ts') },
    ],
  },
  optimizeDeps: {
    include: ['buffer', 'events'],
    rolldownOptions: { ...injected, plugins: [leanEngine(), slimPackages()] },
  },
  build: { rolldownOptions: injected },
}
