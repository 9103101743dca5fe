import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'
import { appResult, appSource } from './app.ts'
import { launch, type Site, serve, visit } from './chromium.ts'

// The browser build in a page without a bundler: `<script type="module">` and files on a web server.
let consumer: Consumer
let browser: Browser
const sites: Site[] = []
beforeAll(async () => {
  consumer = await unpackedConsumer()
  browser = await launch()
  await consumer.write('app.js', appSource('/node_modules/replic8/dist/browser'))
  await consumer.write('main.js', "import { run } from './app.js'; globalThis.outcome = run()")
  await consumer.write('index.html', page('main.js'))
}, 120_000)
afterAll(async () => {
  await browser?.close()
  for (const site of sites) await site.close()
  await consumer?.remove()
})

const page = (script: string) => `<!doctype html><script type="module" src="./${script}"></script>`

const open = async (path = '', headers: Record<string, string> = {}, before?: () => void) => {
  const site = await serve(consumer.dir, headers)
  sites.push(site)
  return visit(browser, site.url + path, before)
}

test('a plain script of a page uses it', async () => {
  expect(await open()).toEqual({ outcome: appResult, errors: [] })
})

test('a module worker uses it', async () => {
  await consumer.write(
    'worker.js',
    "import { run } from './app.js'; run().then((result) => postMessage(result))",
  )
  await consumer.write(
    'owner.js',
    `
    const worker = new Worker('./worker.js', { type: 'module' })
    globalThis.outcome = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = reject
    })
    `,
  )
  await consumer.write('worker.html', page('owner.js'))
  expect(await open('worker.html')).toEqual({ outcome: appResult, errors: [] })
})

test('it neither reads the Buffer, process or global of a page nor adds a global of its own', async () => {
  await consumer.write(
    'globals.js',
    `
    const before = Object.getOwnPropertyNames(globalThis)
    globalThis.outcome = import('./app.js').then(async ({ run }) => {
      const result = await run()
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
      return { result, added, touched: globalThis.touched }
    })
    `,
  )
  await consumer.write('globals.html', page('globals.js'))
  const visited = await open('globals.html', {}, () => {
    const touched: string[] = []
    Object.assign(globalThis, { touched })
    for (const name of ['Buffer', 'process', 'global', 'require', 'module', 'exports']) {
      Object.defineProperty(globalThis, name, {
        get: () => void touched.push(`read ${name}`),
        set: () => void touched.push(`write ${name}`),
      })
    }
  })
  expect(visited).toEqual({ outcome: { result: appResult, added: ['outcome'], touched: [] }, errors: [] })
})

test('a page whose security policy forbids WebAssembly uses it, by JavaScript', async () => {
  const policy = { 'content-security-policy': "default-src 'self'; script-src 'self'" }
  expect(await open('', policy)).toEqual({ outcome: appResult, errors: [] })
})
