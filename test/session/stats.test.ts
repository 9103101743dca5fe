import { expect, test } from 'vitest'
import { append, writer } from '../helpers/cores.ts'
import { openSessions } from '../helpers/sessions.ts'
import { takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

test('they count blocks and payload bytes in each direction, and the offers', async () => {
  const [a, b] = await openSessions(live, live)
  const cores = await Promise.all([writer(['12345', '1234567890']), writer(['x'])])
  takeAll(b)
  await a.share(cores).accepted
  await Promise.all([a.synced(), b.synced()])
  expect(a.stats).toMatchObject({ blocksSent: 3, bytesSent: 16, blocksReceived: 0, bytesReceived: 0 })
  expect(b.stats).toMatchObject({ blocksSent: 0, bytesSent: 0, blocksReceived: 3, bytesReceived: 16 })
  const feeds = { offered: 2, accepted: 2, replicating: 0, synced: 2, declined: 0, withdrawn: 0 }
  expect([a.stats.feeds, b.stats.feeds]).toEqual([feeds, feeds])
  expect(a.stats.bytesPerSecond.sent).toBeGreaterThan(0)
  expect(b.stats.bytesPerSecond.received).toBeGreaterThan(0)
  expect(b.stats.bytesPerSecond.sent).toBe(0)
})

test('the round trip is measured once the session is open', async () => {
  const [a, b] = await openSessions(live, live)
  await until(() => a.stats.roundTripMs !== null && b.stats.roundTripMs !== null)
  expect(a.stats.roundTripMs).toBeGreaterThanOrEqual(0)
})

test('a feed that was declined costs no block, and no word of the engine', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(100)
  b.on('advertise', (_, accept) => accept(null, []))
  await a.share(core).accepted
  const before = a.stream.bytesSent
  await Promise.all(Array.from({ length: 50 }, () => append(core, 'more that nobody asked for')))
  await a.synced()
  expect(a.stats).toMatchObject({ blocksSent: 0, bytesSent: 0 })
  expect(a.stats.feeds).toMatchObject({ offered: 1, accepted: 0, declined: 1 })
  // A HAVE for each append would be more than the few messages of a session that rests.
  expect(a.stream.bytesSent - before).toBeLessThan(50)
  expect(core.peers.length).toBe(0)
})

test('offers that were taken back are counted as withdrawn', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  takeAll(b)
  await a.share(core).accepted
  a.unshare(core)
  await until(() => b.stats.feeds.withdrawn === 1)
  expect(a.stats.feeds).toMatchObject({ offered: 1, accepted: 0, withdrawn: 1 })
})
