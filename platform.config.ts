// How the browser gets what Node has: injected into the bundle, never read from the page.
// One description for the library build, the demo, and the browser tests.
import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(`./src/platform/browser/${path}`, import.meta.url))

const inject = {
  Buffer: ['buffer', 'Buffer'] as [string, string],
  process: [here('process.ts'), 'process'] as [string, string],
  global: [here('global.ts'), 'globalObject'] as [string, string],
}

export const browserPlatform: UserConfig = {
  resolve: {
    alias: [
      {
        find: /^buffer$/,
        replacement: fileURLToPath(new URL('./node_modules/buffer/index.js', import.meta.url)),
      },
      {
        find: /^events$/,
        replacement: fileURLToPath(new URL('./node_modules/events/events.js', import.meta.url)),
      },
      { find: /^sodium-native$/, replacement: 'sodium-javascript' },
    ],
  },
  optimizeDeps: { rolldownOptions: { transform: { inject } } },
  build: { rolldownOptions: { transform: { inject } } },
}
