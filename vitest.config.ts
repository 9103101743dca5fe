import { playwright } from '@vitest/browser-playwright'
import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import { bundledEngine } from './engine.config.ts'
import { browserPlatform } from './platform.config.ts'
import { chromiumOptions } from './test/helpers/chromium-options.ts'

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [bundledEngine()],
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts'],
          testTimeout: 30_000,
        },
      },
      mergeConfig(browserPlatform, {
        test: {
          name: 'chromium',
          include: ['test/**/*.browser.test.ts'],
          globalSetup: [
            'test/transports/websocket-relay.ts',
            'test/transports/websocket-signal-setup.ts',
            'test/bridge/sharing-bridge.ts',
          ],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumOptions }),
            instances: [{ browser: 'chromium' }],
          },
        },
      }),
    ],
  },
})
