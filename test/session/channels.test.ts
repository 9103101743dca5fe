import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { append, reader, type TestCore, writer } from '../helpers/cores.ts'
import { expectAlive, openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { hex, nextOffer, problemsOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }
const few = { live: true, limits: { channels: 3 } }
const many = (count: number) => Promise.all(Array.from({ length: count }, () => writer(2)))

/** How many feeds a session is said to have with which answer. */
function codes(session: Session, cores: TestCore[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const core of cores) {
    const { code } = session.why(core.key)
    counts[code] = (counts[code] ?? 0) + 1
  }
  return counts
}

test('what is taken beyond the own limit "channels" is declined as over-limit, and the session goes on', async () => {
  const [a, b] = await openSessions(live, few)
  const cores = await many(5)
  takeAll(b)
  const problems = problemsOf(b)
  expect(await a.share(cores).accepted).toHaveLength(3)
  await Promise.all([a.synced(), b.synced()])
  for (const session of [a, b]) expect(codes(session, cores)).toEqual({ synced: 3, 'over-limit': 2 })
  expect(problems).toEqual([{ code: 'ERR_OFFER_TOO_LARGE', namespace: null }])
  await expectAlive(a, b)
  a.destroy()
})

test('no more is offered than the own limit "channels" lets the peer open', async () => {
  const [a, b] = await openSessions(few, live)
  const cores = await many(5)
  takeAll(b)
  expect(await a.share(cores).accepted).toHaveLength(3)
  await Promise.all([a.synced(), b.synced()])
  expect(codes(a, cores)).toEqual({ synced: 3, 'over-limit': 2 })
  await expectAlive(a, b)
  a.destroy()
})

test('what the peer does not take makes room for what comes after it', async () => {
  const [a, b] = await openSessions(few, live)
  const cores = await many(9)
  const wanted = new Set(cores.slice(6).map(hex))
  const taken: string[] = []
  b.on('advertise', (offer, accept) => {
    const keys = offer.keys.map(hex)
    taken.push(...keys.filter((key) => wanted.has(key)))
    accept(
      null,
      cores.filter((core) => wanted.has(hex(core)) && keys.includes(hex(core))),
    )
  })
  expect(await a.share(cores).accepted).toHaveLength(3)
  expect(taken).toEqual([...wanted])
  a.destroy()
})

test('a feed that is taken back makes room, and one in several namespaces takes one place', async () => {
  const [a, b] = await openSessions(few, few)
  const cores = await many(4)
  for (const namespace of [null, 'other']) takeAll(b, { namespace })
  expect(await a.share(cores.slice(0, 3)).accepted).toHaveLength(3)
  expect(await a.share('other', cores.slice(0, 3)).accepted).toHaveLength(3)
  expect(await a.share(cores.slice(3)).accepted).toEqual([])
  for (const namespace of [null, 'other']) a.unshare(namespace, cores.slice(0, 1))
  expect(await a.share(cores.slice(3)).accepted).toHaveLength(1)
  await b.synced()
  a.destroy()
})

test('two that offer more than both take agree on what fits, and a one-shot session ends', async () => {
  const [a, b] = sessions({ limits: { channels: 4 } }, { limits: { channels: 5 } })
  const [mine, theirs] = [await many(6), await many(6)]
  takeAll(a)
  takeAll(b)
  const [atB, atA] = [a.share(mine).accepted, b.share(theirs).accepted]
  a.pipe(b.stream)
  const count = (await atA).length + (await atB).length
  expect(count).toBeGreaterThan(0)
  expect(count).toBeLessThanOrEqual(4)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('a session opens and closes any number of channels, one after the other', async () => {
  const [a, b] = await openSessions(few, few)
  takeAll(b)
  // hypercore-protocol gives each channel a new id, of which a peer takes its limit and 64 more.
  const cores = await many(80)
  for (const core of cores) {
    const share = a.share(core)
    expect(await share.accepted).toHaveLength(1)
    await b.synced()
    share.withdraw()
  }
  await expectAlive(a, b)
  expect(b.stats.blocksReceived).toBe(160)
  a.destroy()
})

test('what the peer requests before this end has opened the channel is answered then', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  let open: (() => void) | undefined
  const slow = {
    key: core.key,
    replicate(initiator: boolean, options: object) {
      open = () => core.replicate(initiator, options)
    },
  }
  takeAll(b)
  const share = a.share(slow)
  expect(await share.accepted).toHaveLength(1)
  await expectAlive(a, b)
  expect(b.stats.blocksReceived).toBe(0)
  open?.()
  await until(() => b.stats.blocksReceived === 2)
  a.destroy()
})

test('blocks that were cleared after they were offered are not waited for', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(8)
  const share = a.share(core)
  const { accept } = await nextOffer(b)
  await new Promise<void>((resolve, reject) =>
    core.clear(2, 8, (error: Error | null) => (error ? reject(error) : resolve())),
  )
  const copy = reader(core.key)
  accept(null, [copy])
  expect(await share.accepted).toHaveLength(1)
  await Promise.all([a.synced(), b.synced()])
  expect([copy.has(1), copy.has(2), b.why(core.key).code]).toEqual([true, false, 'synced'])
  await until(() => copy.peers[0].inflightRequests.length === 0)
  await expectAlive(a, b)
  a.destroy()
})

test('where all blocks were cleared after they were offered, none is waited for', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(8)
  const share = a.share(core)
  const { accept } = await nextOffer(b)
  await new Promise<void>((resolve, reject) =>
    core.clear(0, 8, (error: Error | null) => (error ? reject(error) : resolve())),
  )
  const copy = reader(core.key)
  accept(null, [copy])
  expect(await share.accepted).toHaveLength(1)
  await until(() => copy.peers[0]?.inflightRequests.length === 0 && copy.peers[0].remoteOpened)
  await expectAlive(a, b)
  a.destroy()
})

type Peer = { destroy(): void }

/** Counts the channels that a core gets. */
function countChannels(core: TestCore) {
  const channels = { opened: 0 }
  core.on('peer-add', () => {
    // What would go on for ever ends here.
    if (++channels.opened > 20) throw new Error('The channel is opened again and again.')
  })
  return channels
}

/** A core loses its next channel right after it has opened it: the OPEN of the peer is on its way. */
function loseChannel(core: TestCore) {
  core.once('peer-add', (peer: Peer) => queueMicrotask(() => peer.destroy()))
}

for (const [who, losers] of [
  ['that is closed where its feed is taken', [1]],
  ['that is closed where its feed is offered', [0]],
  ['that is closed at both ends', [0, 1]],
] as const) {
  test(`a channel ${who} before the other end of it is there is opened again, once`, async () => {
    const [a, b] = await openSessions(live, live)
    const core = await writer(8)
    const copy = reader(core.key)
    const cores = [core, copy]
    takeAll(b, { make: () => copy })
    for (const index of losers) loseChannel(cores[index])
    const channels = cores.map(countChannels)
    await a.share(core).accepted
    await b.synced()
    await append(core, 'more')
    await until(() => copy.length === 9 && copy.downloaded(0, 9) === 9)
    await expectAlive(a, b)
    for (const { opened } of channels) expect(opened).toBe(2)
    a.destroy()
  })
}

test('a channel that is closed and opened often before the peer opens it is whole in the end', async () => {
  const [a, b] = await openSessions(few, few)
  const [first, ...others] = await many(3)
  const core = first as TestCore
  const copy = reader(core.key)
  let open: (() => void) | undefined
  const slow = {
    key: core.key,
    replicate(initiator: boolean, options: object) {
      open = () => core.replicate(initiator, options)
    },
  }
  takeAll(b, { make: (key) => (key.equals(core.key) ? copy : reader(key)) })
  // All places are taken.
  expect(await a.share([slow, ...others]).accepted).toHaveLength(3)
  const channels = countChannels(copy)
  for (let i = 0; i < 10; i++) {
    await until(() => copy.peers.length === 1)
    copy.peers[0].destroy()
  }
  await until(() => copy.peers.length === 1)
  await expectAlive(a, b)
  open?.()
  await until(() => copy.length === 2 && copy.downloaded(0, 2) === 2)
  expect(channels.opened).toBe(10)
  await expectAlive(a, b)
  a.destroy()
})
