/** What users of multifeed, and of the programs that came before this one, relied on. */
import { expect, test } from 'vitest'
import type { CoreStore } from '../../src/replicator/core-store.ts'
import { append, blocks, writer } from '../helpers/cores.ts'
import { outcomes, socketPair } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'
import {
  arrived,
  connect,
  connected,
  heardBy,
  meet,
  replicator,
  sharing,
  taking,
  withdrawnFrom,
} from './peers.ts'

test('dynamic exchange, live and one-shot', async () => {
  for (const live of [true, false]) {
    const cores = [await writer(['a']), await writer(['b', 'c'])]
    const [a, b] = [replicator({ live }), replicator({ live })]
    const [fromA, fromB] = [taking(), taking()]
    a.use(sharing(cores[0]))
    a.use(fromB)
    b.use(sharing(cores[1]))
    b.use(fromA)
    const sessions = connect(a, b)
    await Promise.all([a.synced(), b.synced()])
    expect(await blocks(fromA.copies.get(hex(cores[0])))).toEqual(['a'])
    expect(await blocks(fromB.copies.get(hex(cores[1])))).toEqual(['b', 'c'])
    if (!live) {
      expect(await outcomes(...sessions)).toEqual(['clean', 'clean'])
      continue
    }
    await append(cores[0], 'later')
    await arrived(fromA.copies, cores[0], 2)
    expect(await blocks(fromA.copies.get(hex(cores[0])))).toEqual(['a', 'later'])
    expect(sessions.every((session) => session.isOpen)).toBe(true)
  }
})

test('real-time forwarding', async () => {
  const core = await writer(3)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const [atB, atC] = [taking(), taking()]
  b.use(atB)
  c.use(atC)
  await connected(a, b)
  await connected(b, c)
  a.announce(null, core)
  await arrived(atC.copies, core, 3)
  expect(await blocks(atC.copies.get(hex(core)))).toEqual(['block 0', 'block 1', 'block 2'])
  await append(core, 'later')
  await arrived(atC.copies, core, 4)
})

test('filters', async () => {
  const [wanted, held, rejected] = [await writer(1), await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  const copies = taking()
  const heard = heardBy(b)
  a.use(sharing(wanted, held, rejected))
  a.use({ hold: async ({ key }) => key.equals(held.key) })
  b.use({ reject: ({ key }) => key.equals(rejected.key) })
  b.use(copies)
  connect(a, b)
  await Promise.all([a.synced(), b.synced()])
  expect(heard.keys.sort()).toEqual([hex(wanted), hex(rejected)].sort())
  expect([...copies.copies.keys()]).toEqual([hex(wanted)])
})

test('decorators', async () => {
  const core = await writer(4)
  const [a, b] = [replicator(), replicator()]
  const seen: object[] = []
  a.use({ describe: ({ header }) => ({ title: `${header.title}!` }) })
  a.use({ describe: async ({ core }) => ({ length: ((await core()) as { length?: number }).length ?? 0 }) })
  a.use({ describe: () => ({ title: 'notes', kind: 'text' }) })
  a.use(sharing(core))
  b.use({ reject: ({ header }) => void seen.push({ ...header }) })
  connect(a, b)
  await b.synced()
  expect(seen).toEqual([{ title: 'notes!', kind: 'text', length: 4 }])
})

test('several stores on one stream', async () => {
  const [letter, photo, both] = [await writer(1), await writer(2), await writer(3)]
  const [a, b] = [replicator(), replicator()]
  const [letters, photos] = [taking(), taking()]
  a.use('letters', sharing(letter, both))
  a.use('photos', sharing(photo, both))
  b.use('letters', letters)
  b.use('photos', photos)
  connect(a, b)
  const { feeds } = await b.synced()
  expect(feeds.map(({ namespace, key }) => [namespace, hex(key)]).sort()).toEqual(
    [
      ['letters', hex(letter)],
      ['letters', hex(both)],
      ['photos', hex(photo)],
      ['photos', hex(both)],
    ].sort(),
  )
  expect(letters.copies.has(hex(photo))).toBe(false)
  expect(photos.copies.has(hex(letter))).toBe(false)
  expect(b.cores).toHaveLength(3)
})

test('extensions per session and for all', async () => {
  const [a, b, c] = [replicator(), replicator(), replicator()]
  await connected(a, b)
  await connected(a, c)
  const heard: string[] = []
  const listen = (name: string) => ({
    encoding: 'utf-8' as const,
    onmessage: (text: string) => heard.push(`${name}: ${text}`),
  })
  b.registerExtension<string>('chat', listen('b'))
  c.registerExtension<string>('chat', listen('c'))
  const chat = a.registerExtension<string>('chat', { encoding: 'utf-8' })
  const [toB] = a.sessions
  if (toB) chat.send('only you', toB)
  chat.broadcast('all of you')
  await until(() => heard.length === 3)
  expect(heard.sort()).toEqual(['b: all of you', 'b: only you', 'c: all of you'])
})

test('connection statistics (bytes, rate, latency)', async () => {
  const core = await writer([Buffer.alloc(1000), Buffer.alloc(500)])
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(core))
  b.use(taking())
  const [near, far] = await socketPair()
  const session = a.connect(near)
  b.connect(far)
  await Promise.all([a.synced(), b.synced()])
  await session.ping()
  expect(session.stats).toMatchObject({ bytesSent: 1500, blocksSent: 2, bytesReceived: 0 })
  expect(session.stats.bytesPerSecond.sent).toBeGreaterThan(0)
  expect(session.stats.roundTripMs).toBeGreaterThan(0)
  expect(b.stats).toMatchObject({ sessions: 1, cores: 1, bytesReceived: 1500, blocksReceived: 2 })
  expect(b.stats.feeds).toMatchObject({ accepted: 1, synced: 1 })
  expect(a.stats.bytesPerSecond.sent).toBeGreaterThan(0)
})

test('unshare', async () => {
  const [kept, gone] = [await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  const store: CoreStore = sharing(gone)
  a.use(sharing(kept))
  const mounted = a.use(store)
  const atB = taking()
  b.use(atB)
  connect(a, b)
  await b.synced()
  const withdrawn = withdrawnFrom(b)
  const heard = heardBy(b)
  mounted.unmount()
  await until(() => withdrawn.length > 0)
  expect(withdrawn).toEqual([hex(gone)])
  expect(b.why(gone.key).code).toBe('withdrawn')
  await append(kept, 'later')
  await arrived(atB.copies, kept, 2)
  await append(gone, 'unseen')
  a.use(store)
  await arrived(atB.copies, gone, 2)
  expect(heard.keys).toEqual([hex(gone)])
  expect(await blocks(atB.copies.get(hex(gone)))).toEqual(['block 0', 'unseen'])
})

test('a member added while peers are connected', async () => {
  const peers = [replicator(), replicator(), replicator()]
  const stores = peers.map(() => taking())
  for (const [i, peer] of peers.entries()) peer.use(stores[i] as CoreStore)
  await meet(peers)
  const member = await writer(2)
  peers[0]?.announce(null, member)
  await Promise.all(stores.slice(1).map(({ copies }) => arrived(copies, member, 2)))
  for (const store of stores.slice(1)) {
    expect(await blocks(store.copies.get(hex(member)))).toEqual(['block 0', 'block 1'])
  }
  expect(peers[0]?.get(member.key)).toBe(member)
  expect(peers.map(({ cores }) => cores.length)).toEqual([1, 1, 1])
})
