import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The built command, for tests that start bridges of their own. Below the project: it finds its packages there. */
export const command = `${root}test-results/node/cli.js`

export default async function buildBridge() {
  await build({
    root,
    mode: 'node',
    configFile: `${root}vite.config.ts`,
    configLoader: 'runner',
    logLevel: 'warn',
    build: { outDir: `${root}test-results/node`, chunkSizeWarningLimit: Infinity },
  })
}
