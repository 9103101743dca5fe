import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'
import { launch, type Site, serve } from './chromium.ts'

// Two tabs, plain scripts, no server but the one for the files: BroadcastChannel, WebRTC and a session over it.
const key = '5a'.repeat(32)
const program = (onsession: string) => `
  import replic8, { hypercore, memory, topicOf } from './node_modules/replic8/dist/browser/index.js'
  import { tabs } from './node_modules/replic8/dist/browser/tabs.js'
  globalThis.outcome = new Promise((resolve, reject) => {
    tabs().start({
      topic: topicOf('${key}'),
      publicKey: crypto.getRandomValues(new Uint8Array(32)),
      onproblem: reject,
      onconnection(connection) {
        const session = replic8('${key}')
        session.closed.catch(reject)
        ${onsession}
        session.pipe(connection)
      },
    })
  })
`
const sender = program(`
  const core = hypercore(memory)
  core.append(['from', 'tab', 'to', 'tab', 'x'.repeat(300_000)], () => session.share([core]))
  session.closed.then(() => resolve('sent'))
`)
const receiver = program(`
  let copy
  session.on('advertise', ({ keys }, accept) => {
    copy = hypercore(memory, keys[0])
    accept(null, [copy])
  })
  session.closed.then(() => copy.getBatch(0, 5, (error, blocks) => (error ? reject(error) : resolve(blocks.map(String)))))
`)

let consumer: Consumer
let browser: Browser
let context: BrowserContext
let site: Site
beforeAll(async () => {
  consumer = await unpackedConsumer()
  browser = await launch()
  context = await browser.newContext()
  site = await serve(consumer.dir)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
  await consumer?.remove()
})

const open = async (name: string, source: string) => {
  await consumer.write(`${name}.js`, source)
  await consumer.write(`${name}.html`, `<!doctype html><script type="module" src="./${name}.js"></script>`)
  const page = await context.newPage()
  await page.goto(`${site.url}${name}.html`)
  await page.waitForFunction("'outcome' in globalThis")
  return () => page.evaluate('globalThis.outcome')
}

test('two tabs find each other and replicate, without a bundler and without a server of ours', async () => {
  const [sent, received] = [await open('sender', sender), await open('receiver', receiver)]
  expect(await Promise.all([sent(), received()])).toEqual([
    'sent',
    ['from', 'tab', 'to', 'tab', 'x'.repeat(300_000)],
  ])
})
