import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Consumer, unpackedConsumer } from '../helpers/packed.ts'

let consumer: Consumer
beforeAll(async () => {
  consumer = await unpackedConsumer()
}, 120_000)
afterAll(() => consumer?.remove())

// Each of two threads has an engine, and the main thread a transport that joins them in pairs of its own.
const thread = `
  import { hypercore, memory, Replicator } from 'replic8'
  import { wrapTransport } from 'replic8/worker'
  import { parentPort, workerData } from 'node:worker_threads'
  const replicator = new Replicator('5a'.repeat(32))
  replicator.on('problem', (error) => { throw error })
  const done = async (result) => {
    await replicator.close()
    parentPort.postMessage({ result })
    parentPort.close()
  }
  if (workerData === 'reader') {
    replicator.on('advertise', ({ keys }, accept) => {
      const copy = hypercore(memory, keys[0])
      accept(null, [copy])
      copy.get(1, (error, block) => done(error?.message ?? block.toString('utf8').length))
    })
  } else {
    const core = hypercore(memory)
    await new Promise((resolve) => core.append(['hello', 'x'.repeat(3_000_000)], resolve))
    replicator.use({ share: () => [core] })
    replicator.on('close', () => done('closed'))
  }
  replicator.join(wrapTransport(parentPort))
`
const main = `
  import { Worker } from 'node:worker_threads'
  import { exposeTransport } from 'replic8/worker'
  const nothing = () => {}
  const ends = [0, 1].map(() => ({ kind: 'memory', ondata: nothing, ondrain: nothing, onclose: nothing }))
  for (const [i, end] of ends.entries()) {
    const far = ends[1 - i]
    end.send = (chunk) => { setImmediate(() => far.ondata(chunk)); return true }
    end.abort = (error) => setImmediate(() => { end.onclose(error); far.onclose(error) })
    end.close = () => setImmediate(() => setImmediate(() => { end.closed = true; if (far.closed) { end.onclose(); far.onclose() } else far.onend() }))
  }
  const targets = []
  const start = (i) => (to) => {
    targets[i] = to
    if (targets[0] && targets[1]) targets.forEach((target, n) => target.onconnection(ends[n]))
  }
  const results = ['writer', 'reader'].map((role, i) => {
    const worker = new Worker(new URL('./thread.mjs', import.meta.url), { workerData: role })
    exposeTransport({ start: start(i), stop: nothing }, worker)
    return new Promise((resolve, reject) => {
      worker.on('message', (message) => message.result && resolve(message.result))
      worker.on('error', reject)
    })
  })
  console.log(JSON.stringify(await Promise.all(results)))
`

test('two threads replicate over a transport of the main thread, and the process ends by itself', async () => {
  await consumer.write('thread.mjs', thread)
  await consumer.write('main.mjs', main)
  expect(JSON.parse(await consumer.node('--conditions=browser', 'main.mjs'))).toEqual(['closed', 3_000_000])
}, 60_000)

/** The scripts that one of the package's loads, itself among them. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, to] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g))
    loaded(resolve(dirname(file), to as string), seen)
  return seen
}

test('a page that lends its transport loads neither engine nor storage', () => {
  const folder = join(consumer.dir, 'node_modules/replic8/dist/browser')
  const scripts = ['worker.js', 'tabs.js']
    .flatMap((entry) => [...loaded(join(folder, entry))])
    // A script that holds nothing but imports and exports has no map.
    .filter((file) => existsSync(`${file}.map`))
  const sources = scripts.flatMap(
    (file) => JSON.parse(readFileSync(`${file}.map`, 'utf8')).sources as string[],
  )
  expect(sources.some((source) => source.includes('simple-peer'))).toBe(true)
  expect(sources.filter((source) => /hypercore|src\/(session|replicator|storage)\//.test(source))).toEqual([])
  const bytes = [...loaded(join(folder, 'worker.js'))].map((file) => gzipSync(readFileSync(file)).length)
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12_000)
})
