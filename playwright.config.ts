// End-to-end tests: the demo and its bridge, as `npm start` starts them, in a real Chromium.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { defineConfig } from '@playwright/test'

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return String(port)
}

// The workers read this file again: they inherit the port that the first reading chose.
process.env.DEMO_PORT ??= await freePort()
const url = `http://127.0.0.1:${process.env.DEMO_PORT}/`

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  globalSetup: './e2e/build-bridge.ts',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { baseURL: url },
  webServer: {
    // What is kept goes where Playwright keeps, and clears, what belongs to a run.
    command: 'node scripts/start.mjs --storage test-results/demo',
    url,
    env: { PORT: process.env.DEMO_PORT },
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
  },
})
