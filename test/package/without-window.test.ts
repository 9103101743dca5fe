import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'
import { appResult, appSource } from './app.ts'

// The browser build where there is no window: on a server that renders pages, in a worker, in a bare JavaScript.
let consumer: Consumer
beforeAll(async () => {
  consumer = await unpackedConsumer()
  await consumer.write('app.mjs', appSource())
}, 120_000)
afterAll(() => consumer.remove())

const run = async (program: string, ...flags: string[]) => {
  await consumer.write('main.mjs', program)
  return JSON.parse(await consumer.node('--conditions=browser', '--no-warnings', ...flags, 'main.mjs'))
}

test('importing it in Node through the browser condition works and leaves the globals alone', async () => {
  const printed = await run(`
    const before = Object.getOwnPropertyNames(globalThis)
    const { run } = await import('./app.mjs')
    const result = await run()
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
    const url = import.meta.resolve('replic8')
    console.log(JSON.stringify({ result, added, browser: url.endsWith('/dist/browser/index.js') }))
  `)
  expect(printed).toEqual({ result: appResult, added: [], browser: true })
})

test('a worker runs it without Buffer, process and global', async () => {
  await consumer.write(
    'worker.mjs',
    `
    import { parentPort } from 'node:worker_threads'
    for (const name of ['Buffer', 'process', 'global', 'setImmediate']) delete globalThis[name]
    const { run } = await import('./app.mjs')
    parentPort.postMessage({ result: await run(), left: typeof Buffer + typeof process })
    `,
  )
  const printed = await run(`
    import { Worker } from 'node:worker_threads'
    const worker = new Worker(new URL('./worker.mjs', import.meta.url))
    worker.once('message', (message) => console.log(JSON.stringify(message)))
  `)
  expect(printed).toEqual({ result: appResult, left: 'undefinedundefined' })
})

test('it needs no global beyond the JavaScript language and what every web platform has', async () => {
  const printed = await run(
    `
    import { readFileSync } from 'node:fs'
    import vm from 'node:vm'
    const { crypto, TextEncoder, TextDecoder, queueMicrotask, setTimeout, clearTimeout } = globalThis
    const { setInterval, clearInterval, performance, Uint8Array, ArrayBuffer } = globalThis
    const web = { crypto, TextEncoder, TextDecoder, queueMicrotask, setTimeout, clearTimeout, setInterval, clearInterval, performance }
    const context = vm.createContext({ ...web, Uint8Array, ArrayBuffer })
    const before = vm.runInContext('Object.getOwnPropertyNames(globalThis)', context)
    const modules = new Map()
    const load = (url) => {
      if (!modules.has(url)) {
        modules.set(url, new vm.SourceTextModule(readFileSync(new URL(url), 'utf8'), { context, identifier: url }))
      }
      return modules.get(url)
    }
    const link = (specifier, from) => load(import.meta.resolve(specifier, from.identifier))
    const app = load(import.meta.resolve('./app.mjs'))
    await app.link(link)
    await app.evaluate()
    const result = await app.namespace.run()
    const after = vm.runInContext('Object.getOwnPropertyNames(globalThis)', context)
    console.log(JSON.stringify({ result, added: after.filter((name) => !before.includes(name)) }))
    `,
    '--experimental-vm-modules',
    '--experimental-import-meta-resolve',
  )
  expect(printed).toEqual({ result: appResult, added: [] })
})
