import { expect, test } from 'vitest'
import type { Connection } from '../../src/connection.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { idb } from '../../src/storage/idb.ts'
import { broadcastSignal } from '../../src/transports/broadcast-signal.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { tabs } from '../../src/transports/tabs.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { exposeTransport, wrapTransport } from '../../src/transports/worker.ts'
import { type ConnectedPair, testConnections, testTransports } from '../compliance/transport.ts'
import { ConnectedEnd } from './connected-end.ts'
import { moduleWorker } from './module-worker.ts'
import { webrtcPairs } from './webrtc-pair.ts'
import { lentPairs } from './worker-pair.ts'

// Here the tests are what owns the connections, and the worker what they stand in: both sides run the same code.
const network = () =>
  moduleWorker(
    (from) => `
      import { exposeTransport } from ${from('transports/worker.ts')}
      import { memoryPair } from ${from('transports/memory.ts')}
      const [a, b] = memoryPair()
      const stop = async () => {}
      for (const [name, end] of Object.entries({ a, b }))
        exposeTransport({ start: (to) => to.onconnection(end), stop }, self, { name })`,
  )

testConnections({
  name: 'worker (over memory, in a worker of its own)',
  async connect(): Promise<ConnectedPair> {
    const worker = network()
    const transports = ['a', 'b'].map((name) => wrapTransport(worker, { name }))
    const topic = new Uint8Array(32)
    const [a, b] = (await Promise.all(
      transports.map(
        (transport) =>
          new Promise<Connection>((onconnection, onproblem) => {
            transport.start({ topic, publicKey: topic, onconnection, onproblem })
          }),
      ),
    )) as [Connection, Connection]
    const teardown = async () => {
      await Promise.all(transports.map((transport) => transport.stop()))
      worker.terminate()
    }
    return { a, b, teardown }
  },
})

for (const pairs of lentPairs(webrtcPairs(globalThis, 'caller').connect, 'webrtc')) testConnections(pairs)

testTransports({
  name: 'worker (over webrtc)',
  create() {
    const { port1, port2 } = new MessageChannel()
    exposeTransport(webrtc({ signal: broadcastSignal({ name: 'worker' }) }), port1)
    return wrapTransport(port2)
  },
})

test('a page whose worker is terminated cuts its connections and stops the transport', async () => {
  const worker = moduleWorker(
    (from) => `
      import { wrapTransport } from ${from('transports/worker.ts')}
      const topic = new Uint8Array(32)
      const onconnection = (connection) => connection.send(topic)
      wrapTransport().start({ topic, publicKey: topic, onconnection, onproblem: console.error })`,
  )
  const [near, far] = memoryPair()
  const end = new ConnectedEnd(far)
  const stopped = new Promise<void>((stop) => {
    exposeTransport({ start: (to) => to.onconnection(near), stop }, worker)
  })
  await end.arrived(32).catch(() => {})
  worker.terminate()
  expect(await end.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  await stopped
})

test('engine and storage in a worker: what a page offers arrives over a transport that another page lends it', async () => {
  const key = crypto.getRandomValues(new Uint8Array(32))
  const name = 'in-worker'
  const worker = moduleWorker(
    (from) => `
      import { FeedStore } from ${from('replicator/feed-store.ts')}
      import { Replicator } from ${from('replicator/replicator.ts')}
      import { idb } from ${from('storage/idb.ts')}
      import { wrapTransport } from ${from('transports/worker.ts')}
      const replicator = new Replicator(new Uint8Array([${key}]))
      replicator.use(new FeedStore(idb('${name}')))
      replicator.on('problem', (error) => postMessage({ problem: String(error) }))
      replicator.on('sync', () => postMessage({ synced: true }))
      addEventListener('message', async ({ data }) => {
        if (data !== 'close') return
        await replicator.close()
        postMessage({ closed: true })
      })
      replicator.join(wrapTransport())`,
  )
  const said = (what: 'synced' | 'closed') =>
    new Promise<void>((resolve, reject) => {
      worker.addEventListener('message', ({ data }) => {
        if (data[what]) resolve()
        if (data.problem) reject(new Error(data.problem))
      })
    })
  const synced = said('synced')
  exposeTransport(tabs({ name }), worker)

  const far = new Replicator(key)
  const theirs = new FeedStore(idb(`${name}-far`))
  const feed = await theirs.writer('me')
  const blocks = Array.from({ length: 40 }, (_, i) => new Uint8Array(65_536).fill(i))
  await new Promise((resolve) => feed.append(blocks, resolve))
  far.use(theirs)
  far.join(tabs({ name }))
  await synced
  const closed = said('closed')
  worker.postMessage('close')
  await Promise.all([closed, far.close()])
  worker.terminate()

  const kept = new FeedStore(idb(name))
  const core = await kept.get(feed.key)
  const read = (index: number) =>
    new Promise((resolve, reject) => {
      core?.get(index, { wait: false }, (error: Error | null, block?: Uint8Array) =>
        error ? reject(error) : resolve(new Uint8Array(block as Uint8Array)),
      )
    })
  for (const [index, block] of blocks.entries()) expect(await read(index)).toEqual(block)
  await kept.close()
})
