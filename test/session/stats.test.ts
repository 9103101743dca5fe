import { expect, test, vi } from 'vitest'
import { Meter } from '../../src/session/meter.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import { encryptionKey, expectAlive, openSessions } from '../helpers/sessions.ts'
import { copyOf, happens, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }
const nothing = { offered: 0, accepted: 0, replicating: 0, synced: 0, declined: 0, withdrawn: 0 }

test('stats begin at nothing', async () => {
  const session = replic8(encryptionKey)
  expect(session.stats).toEqual({
    bytesSent: 0,
    bytesReceived: 0,
    blocksSent: 0,
    blocksReceived: 0,
    bytesPerSecond: { sent: 0, received: 0 },
    roundTripMs: null,
    feeds: nothing,
  })
  session.destroy()
})

test('bytes and blocks are those of the payload, in their direction', async () => {
  const [a, b] = await openSessions(live, live)
  const [one, two] = [await writer(['hello', 'world!']), await writer(['back'])]
  const [atB, atA] = [takeAll(b), takeAll(a)]
  await Promise.all([a.share(one).accepted, b.share(two).accepted])
  await Promise.all([a.synced(), b.synced()])
  const near = { bytesSent: 11, blocksSent: 2, bytesReceived: 4, blocksReceived: 1 }
  const far = { bytesSent: 4, blocksSent: 1, bytesReceived: 11, blocksReceived: 2 }
  expect([a.stats, b.stats]).toMatchObject([near, far])
  for (const { stats } of [a, b]) {
    expect(stats.feeds).toEqual({ ...nothing, offered: 2, accepted: 2, synced: 2 })
    expect(stats.bytesPerSecond.sent).toBeGreaterThan(0)
    expect(stats.bytesPerSecond.received).toBeGreaterThan(0)
  }
  expect(await blocks(copyOf(atB, one))).toEqual(await blocks(one))
  expect(await blocks(copyOf(atA, two))).toEqual(await blocks(two))
  a.destroy()
})

test('feeds are counted where they stand', async () => {
  const [a, b] = await openSessions(live, live)
  const [taken, declined, withdrawn, stuck] = await Promise.all([1, 2, 3, 4].map((n) => writer(n)))
  takeAll(b)
  b.on('films', 'advertise', () => {})
  b.on('slow', 'advertise', (_offer, accept) => accept(null, [{ core: reader(stuck.key), upload: false }]))
  stuck._getBuffer = () => {}
  await Promise.all([a.share(taken).accepted, a.share(withdrawn).accepted, a.share('slow', stuck).accepted])
  await a.share('none', declined).accepted
  a.unshare(withdrawn)
  const waiting = happens(b, 'advertise', ({ namespace }) => namespace === 'films')
  a.share('films', declined)
  await waiting
  await Promise.all([
    a.synced({ keys: [taken.key] }).catch(() => {}),
    b.synced({ keys: [taken.key] }).catch(() => {}),
    until(() => a.stats.feeds.synced === 1 && b.stats.feeds.synced === 1).then(() => a.destroy()),
  ])
  for (const { stats } of [a, b]) {
    expect(stats.feeds).toEqual({
      offered: 5,
      accepted: 2,
      replicating: 1,
      synced: 1,
      declined: 1,
      withdrawn: 1,
    })
  }
})

test('the round trip is measured', async () => {
  const [a, b] = await openSessions(live, live)
  await until(() => [a, b].every(({ stats }) => stats.roundTripMs !== null))
  for (const { stats } of [a, b]) expect(stats.roundTripMs).toBeGreaterThan(0)
  a.destroy()
})

test('a snapshot does not change', async () => {
  const [a, b] = await openSessions(live, live)
  takeAll(b)
  const { stats } = a
  const copy = structuredClone(stats)
  await a.share(await writer(3)).accepted
  await a.synced()
  expect(stats).toEqual(copy)
  expect(a.stats).not.toEqual(copy)
  a.destroy()
})

test('a declined feed costs no block, no HAVE and no channel, whichever side offers', async () => {
  const session = replic8(encryptionKey, { initiator: false, live: true })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(peer.stream)
  await peer.greet()
  const opened: string[] = []
  peer.stream.on('remote-open', (key: Buffer) => opened.push(key.toString('hex')))
  const core = await writer(5)
  session.share(core)
  const offer = await peer.heard('offer')
  peer.send({ type: 'answer', first: offer.first, accepted: [false], reason: 'declined' })
  // The peer opens and asks all the same.
  const heard: unknown[] = []
  const hear = (message: unknown) => heard.push(message)
  const channel = peer.stream.open(core.key, { onopen: hear, onhave: hear, ondata: hear, onstatus: hear })
  channel.want({ start: 0, length: 1024 * 1024 })
  channel.request({ index: 0 })
  peer.send({
    type: 'offer',
    first: 0,
    namespace: null,
    keys: [Buffer.alloc(32, 3)],
    lengths: [[9]],
    headers: [{}],
  })
  await peer.heard('answer')
  peer.send({ type: 'ping', token: 1 })
  await peer.heard('pong')
  expect([opened, heard]).toEqual([[], []])
  expect(session.stats).toMatchObject({ blocksSent: 0, feeds: { ...nothing, offered: 2, declined: 2 } })
  session.destroy()
})

test('what is shared twice, in two namespaces, is sent once', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(10)
  const copy = reader(core.key)
  for (const namespace of [null, 'films']) {
    takeAll(b, { namespace, make: () => copy })
    await a.share(namespace, core).accepted
  }
  await b.synced()
  await expectAlive(a, b)
  expect([a.stats.blocksSent, b.stats.blocksReceived]).toEqual([10, 10])
  a.destroy()
})

test('bytes a second are those of the last seconds', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_000_000)
  const meter = new Meter()
  meter.sent(4000)
  expect(meter.bytesPerSecond).toEqual({ sent: 1000, received: 0 })
  vi.setSystemTime(1_002_000)
  meter.sent(4000)
  expect(meter.bytesPerSecond.sent).toBe(2000)
  vi.setSystemTime(1_005_500)
  expect(meter.bytesPerSecond.sent).toBe(1000)
  vi.setSystemTime(1_060_000)
  expect(meter.bytesPerSecond.sent).toBe(0)
  expect(meter.bytesSent).toBe(8000)
  vi.useRealTimers()
})
