import { join } from 'node:path'
import * as esbuild from 'esbuild'
import type { Browser } from 'playwright-core'
import { build, createServer } from 'vite'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'
import { appResult, appSource } from './app.ts'
import { launch, serve, visit } from './chromium.ts'

// A user's app, bundled with no configuration at all: no alias, no polyfill, no plugin.
let consumer: Consumer
let browser: Browser
beforeAll(async () => {
  consumer = await unpackedConsumer()
  browser = await launch()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await consumer?.remove()
})
beforeEach(async () => {
  await consumer.write('app.js', appSource())
  await consumer.write('main.js', "import { run } from './app.js'; globalThis.outcome = run()")
  await consumer.write('index.html', '<!doctype html><script type="module" src="/main.js"></script>')
})

const open = async (dir: string) => {
  const site = await serve(dir)
  try {
    return await visit(browser, site.url)
  } finally {
    await site.close()
  }
}

test('a stock Vite app is built and runs', async () => {
  await build({ root: consumer.dir, configFile: false, logLevel: 'error' })
  expect(await open(join(consumer.dir, 'dist'))).toEqual({ outcome: appResult, errors: [] })
})

test('a stock Vite app runs from the dev server', async () => {
  const server = await createServer({
    root: consumer.dir,
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1' },
  })
  try {
    await server.listen()
    const url = server.resolvedUrls?.local[0] as string
    expect(await visit(browser, url)).toEqual({ outcome: appResult, errors: [] })
  } finally {
    await server.close()
  }
})

test('an app is bundled by esbuild and runs', async () => {
  await esbuild.build({
    entryPoints: [join(consumer.dir, 'main.js')],
    outfile: join(consumer.dir, 'esbuild/main.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  })
  await consumer.write('esbuild/index.html', '<!doctype html><script type="module" src="main.js"></script>')
  expect(await open(join(consumer.dir, 'esbuild'))).toEqual({ outcome: appResult, errors: [] })
})

test('what an app does not use is left out of it', async () => {
  await consumer.write('small.js', "import { randomKey } from 'replic8'; console.log(randomKey())")
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(consumer.dir, 'small.js')],
    bundle: true,
    format: 'esm',
    write: false,
  })
  expect(outputFiles[0]?.text).toContain('getRandomValues')
  expect(outputFiles[0]?.text).not.toContain('RTCPeerConnection')
})
