import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Replicator } from '../../src/replicator/replicator.ts'
import { writer } from '../helpers/cores.ts'
import { turn } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'
import { arrived, connect, connected, heardBy, meet, replicator, sharing, taking } from './peers.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** The clock stands still but for this: from here on only fake milliseconds pass. */
let now = 0

function stopClock() {
  now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
}

/** Lets a fake millisecond pass, and what it set off happen. */
async function millisecond() {
  now++
  vi.advanceTimersByTime(1)
  for (let i = 0; i < 10; i++) await turn()
}

test('every peer is offered the cores of every store, once', async () => {
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const cores = [await writer(1), await writer(1), await writer(1)]
  a.use(sharing(cores[0], cores[1]))
  a.use(sharing(cores[1], cores[2]))
  const heard = [heardBy(b), heardBy(c)]
  connect(a, b)
  connect(a, c)
  await Promise.all([a.synced(), b.synced(), c.synced()])
  a.announce(null, cores)
  await a.synced()
  for (const { keys } of heard) expect(keys.toSorted()).toEqual(cores.map(hex).toSorted())
})

test('what a peer gave is not offered back to it; what was declined is, when it is shared after all', async () => {
  const [given, declined] = [await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  const copies = taking()
  b.use('taken', copies)
  await connected(a, b)
  const heard = [heardBy(a), heardBy(b)]
  a.announce('taken', given)
  a.announce(null, declined)
  await a.synced()
  b.announce('taken', [...copies.copies.values()])
  b.announce(null, declined)
  await b.synced()
  expect(heard.map(({ keys }) => keys.toSorted())).toEqual([
    [hex(declined)],
    [hex(given), hex(declined)].toSorted(),
  ])
})

test('a feed is forwarded in each namespace on its own', async () => {
  const core = await writer(2)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const copies = taking()
  b.use('one', copies)
  b.use('two', copies)
  const heard = heardBy(c)
  await connected(a, b)
  await connected(b, c)
  a.announce('one', core)
  await until(() => heard.feeds.length === 1)
  a.announce('two', core)
  a.announce('three', core)
  await until(() => heard.feeds.length === 2)
  await Promise.all([a.synced(), b.synced(), c.synced()])
  expect(heard.feeds.map(({ namespace }) => namespace)).toEqual(['one', 'two'])
  expect(b.cores).toHaveLength(1)
})

test('each hop makes the header anew: the words of a peer are not repeated', async () => {
  const core = await writer(1)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  a.use({ describe: () => ({ from: 'a', admin: true }) })
  b.use({ describe: () => ({ from: 'b' }) })
  b.use(taking())
  const [atB, atC] = [heardBy(b), heardBy(c)]
  await connected(a, b)
  await connected(b, c)
  a.announce(null, core)
  await until(() => atC.feeds.length === 1)
  expect(atB.feeds[0]?.header).toEqual({ from: 'a', admin: true })
  expect(atC.feeds[0]?.header).toEqual({ from: 'b' })
})

test('forward: false keeps what peers gave', async () => {
  const [given, own] = [await writer(2), await writer(1)]
  const [a, b, c] = [replicator(), replicator({ forward: false }), replicator()]
  const copies = taking()
  b.use(copies)
  const heard = heardBy(c)
  await connected(a, b)
  await connected(b, c)
  a.announce(null, given)
  await arrived(copies.copies, given, 2)
  b.announce(null, own)
  await Promise.all([b.synced(), c.synced()])
  expect(heard.keys).toEqual([hex(own)])
})

test('one that comes later is offered what was forwarded', async () => {
  const core = await writer(2)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const [atB, atC] = [taking(), taking()]
  b.use(atB)
  c.use(atC)
  await connected(a, b)
  a.announce(null, core)
  await arrived(atB.copies, core, 2)
  connect(b, c)
  await c.synced()
  await arrived(atC.copies, core, 2)
})

test('two peers that offer the same feed at once fill one core', async () => {
  const core = await writer(3)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  for (const peer of [a, b]) peer.use(sharing(core))
  let stored = 0
  const copies = taking()
  c.use({
    store: async (question) => {
      stored++
      await turn()
      return copies.store(question)
    },
  })
  connect(a, c)
  connect(b, c)
  await c.synced()
  expect(stored).toBe(1)
  expect(c.cores).toEqual([...copies.copies.values()])
})

describe('on a fake clock', () => {
  async function mesh(size: number): Promise<Replicator[]> {
    const peers = Array.from({ length: size }, () => replicator({ timeout: 0 }))
    for (const peer of peers) peer.use(taking())
    await meet(peers)
    await Promise.all(peers.map((peer) => peer.synced()))
    stopClock()
    return peers
  }

  test('in a full mesh of 8 new feeds cost at most n(n-1)/2 + n offers each, however long nothing was offered', async () => {
    const peers = await mesh(8)
    const heard = peers.map(heardBy)
    // The first comes when everybody has just met, the others when nobody has offered anything for long.
    for (const feeds of [1, 2, 3]) {
      peers[0]?.announce(null, await writer(1))
      for (let ms = 0; ms < 200; ms++) await millisecond()
      expect(peers.map((peer) => peer.cores.length)).toEqual(peers.map(() => feeds))
    }
    const offers = heard.reduce((sum, { keys }) => sum + keys.length, 0)
    expect(offers).toBeGreaterThanOrEqual(3 * 7)
    // By chance one may have a few more.
    expect(offers).toBeLessThanOrEqual(3 * ((8 * 7) / 2 + 8))
    const offered = peers.reduce((sum, peer) => sum + peer.stats.feeds.offered, 0)
    expect(offered).toBe(2 * offers)
  })

  test('what comes within the window travels on one page', async () => {
    const [a, b] = (await mesh(2)) as [Replicator, Replicator]
    const heard = heardBy(b)
    for (let i = 0; i < 5; i++) {
      a.announce(null, await writer(1))
      await millisecond()
    }
    expect(heard.keys).toEqual([])
    for (let ms = 0; ms < 50; ms++) await millisecond()
    expect(heard.keys).toHaveLength(5)
    expect(heard.pages).toBe(1)
  })

  test('what is heard of within the window is not offered back', async () => {
    const [a, b] = (await mesh(2)) as [Replicator, Replicator]
    // By chance both windows could end in the same millisecond: the first one ends sooner here.
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValue(0.99)
    const core = await writer(1)
    const heard = [heardBy(a), heardBy(b)]
    a.announce(null, core)
    await millisecond()
    for (let ms = 0; ms < 20; ms++) await millisecond()
    b.announce(null, core)
    for (let ms = 0; ms < 60; ms++) await millisecond()
    expect(heard.map(({ keys }) => keys.length).reduce((sum, count) => sum + count)).toBe(1)
  })
})
