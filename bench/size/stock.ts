import { join } from 'node:path'
import type { UserConfig } from 'vite'
import { root } from '../harness/root.ts'

const inPackage = (path: string) => join(root, 'node_modules', path)

const processOfNode = `
  const nextTick = (run, ...args) => queueMicrotask(() => run(...args))
  export const process = { nextTick, env: {}, browser: true, version: '', versions: {} }
  export const global = globalThis`

/** What hypercore and its companions need to run in a browser, and no more: none of it is larger than it has to be. */
export const stock: UserConfig = {
  plugins: [
    {
      name: 'process',
      enforce: 'pre',
      resolveId: (source) => (source === '\0process' ? source : undefined),
      load: (id) => (id === '\0process' ? processOfNode : undefined),
    },
  ],
  resolve: {
    alias: [
      { find: /^buffer$/, replacement: inPackage('buffer/index.js') },
      { find: /^events$/, replacement: inPackage('events/events.js') },
      { find: /^sodium-native$/, replacement: inPackage('sodium-javascript/index.js') },
    ],
  },
  build: {
    rolldownOptions: {
      transform: {
        inject: {
          Buffer: ['buffer', 'Buffer'],
          process: ['\0process', 'process'],
          global: ['\0process', 'global'],
        },
      },
    },
  },
}
