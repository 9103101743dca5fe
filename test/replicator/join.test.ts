import { expect, test } from 'vitest'
import { topicOf } from '../../src/session/keys.ts'
import { memoryHub, memoryTransport } from '../../src/transports/memory.ts'
import { reader, writer } from '../helpers/cores.ts'
import { encryptionKey, uncaughtErrors } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'
import { arrived, problemsOf, replicator, sharing, taking } from './peers.ts'

test('everybody on a hub finds everybody; connections come and go', async () => {
  const core = await writer(2)
  const hub = memoryHub()
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const [atB, atC] = [taking(), taking()]
  a.use(sharing(core))
  b.use(atB)
  c.use(atC)
  const joined = [a, b].map((peer) => peer.join(memoryTransport(hub)))
  await Promise.all([a.synced(), b.synced()])
  expect(joined[0]?.peers).toEqual(a.sessions)
  await joined[0]?.leave()
  await until(() => b.sessions.length === 0)
  expect(a.sessions).toEqual([])
  c.join(memoryTransport(hub))
  await arrived(atC.copies, core, 2)
  expect(joined[1]?.peers).toHaveLength(1)
})

test('synced of a replicator that has joined a transport waits for the first peer', async () => {
  const core = await writer(2)
  const hub = memoryHub()
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(core))
  b.use({ store: ({ key }) => reader(key) })
  b.join(memoryTransport(hub))
  const synced = b.synced()
  a.join(memoryTransport(hub))
  expect((await synced).feeds).toMatchObject([{ length: 2, direction: 'in' }])
  expect((await replicator().synced()).feeds).toEqual([])
})

test('a transport is told the topic and the static key, and starts again after it was left', async () => {
  const a = replicator()
  const told: string[] = []
  const transport = {
    start: ({ topic, publicKey }: { topic: Uint8Array; publicKey: Uint8Array }) =>
      void told.push(`start ${topicOf(encryptionKey).equals(topic)} ${publicKey.length}`),
    stop: async () => void told.push('stop'),
  }
  const first = a.join(transport)
  await until(() => told.length === 1)
  await first.leave()
  await first.leave()
  await a.join(transport).leave()
  a.join(transport)
  await until(() => told.length === 3)
  await a.close()
  expect(told).toEqual(['start true 32', 'stop', 'start true 32', 'stop'])
})

test('a transport that can not start, or stop, is a problem', async () => {
  const a = replicator()
  const problems = problemsOf(a)
  const fail = (what: string) => () => {
    throw new Error(what)
  }
  const joined = a.join({ start: fail('no start'), stop: fail('never asked') })
  await until(() => problems.length === 1)
  await joined.leave()
  a.join({ start: async () => fail('no start either')(), stop: () => {} })
  await until(() => problems.length === 2)
  const third = a.join({
    start: ({ onproblem }) => onproblem(new Error('a peer out of reach')),
    stop: fail('no stop'),
  })
  await until(() => problems.length === 3)
  await third.leave()
  expect(problems.map(({ code, message }) => [code, message.split('.')[0]])).toEqual([
    ['ERR_CONNECTION', 'no start'],
    ['ERR_CONNECTION', 'no start either'],
    ['ERR_CONNECTION', 'a peer out of reach'],
    ['ERR_CONNECTION', 'no stop'],
  ])
})

test('a transport that is still starting is stopped', async () => {
  const a = replicator()
  let isStarting = false
  let isStopped = false
  const joined = a.join({
    start: () => {
      isStarting = true
      return new Promise<never>(() => {})
    },
    stop: () => {
      isStopped = true
    },
  })
  await until(() => isStarting)
  await joined.leave()
  expect(isStopped).toBe(true)
})

test('closing while connecting ends at once, and without an error', async () => {
  const uncaught = uncaughtErrors()
  for (let turns = 0; turns < 12; turns++) {
    const hub = memoryHub()
    const peers = [replicator(), replicator(), replicator()]
    for (const peer of peers) {
      peer.use(sharing(await writer(1)))
      peer.join(memoryTransport(hub))
    }
    const synced = peers.map((peer) => peer.synced())
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all(peers.map((peer) => peer.close()))
    await Promise.allSettled(synced)
  }
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})
