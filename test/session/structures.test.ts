import Corestore from 'corestore'
import { describe, expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { append, blocks, memory, reader, ready, type TestCore, writer } from '../helpers/cores.ts'
import { contentOf, drive, driveOf, isWhole, opened, read, write } from '../helpers/drives.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import { encryptionKey, openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, problemsOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }
const drives = { namespace: 'drives', make: (key: Buffer) => driveOf(key) }

async function openStore(): Promise<TestCore> {
  const store = new Corestore(memory)
  await store.ready()
  return store
}

test('a hyperdrive is fetched whole, metadata and content, though it is sparse', async () => {
  const [a, b] = sessions()
  const original = await drive({ '/a.txt': 'one', '/b/c.txt': 'two' })
  const taken = takeAll(b, drives)
  a.share('drives', original)
  a.pipe(b.stream)
  const report = await b.synced()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  const copy = copyOf(taken, original)
  expect(await isWhole(copy, original)).toBe(true)
  expect([await read(copy, '/a.txt'), await read(copy, '/b/c.txt')]).toEqual(['one', 'two'])
  expect(report.feeds).toMatchObject([
    { namespace: 'drives', direction: 'in', length: original.metadata.length },
  ])
})

test('three drives one way and two the other, beside 20 cores, on one stream', async () => {
  const [a, b] = sessions()
  const cores = await Promise.all(Array.from({ length: 20 }, (_, i) => writer(i)))
  const there = await Promise.all([1, 2, 3].map((n) => drive({ '/n.txt': `there ${n}` })))
  const back = await Promise.all([1, 2].map((n) => drive({ '/n.txt': `back ${n}` })))
  const copies = takeAll(b)
  const [atB, atA] = [takeAll(b, drives), takeAll(a, drives)]
  a.share(cores)
  a.share('drives', there)
  b.share('drives', back)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  for (const core of cores) expect(await blocks(copyOf(copies, core))).toEqual(await blocks(core))
  for (const [originals, taken] of [
    [there, atB],
    [back, atA],
  ] as const) {
    for (const original of originals) expect(await isWhole(copyOf(taken, original), original)).toBe(true)
  }
})

test('drives of one corestore at both ends, each on its own view of the stream', async () => {
  const [near, far] = [await openStore(), await openStore()]
  const originals: TestCore[] = []
  for (const n of [1, 2, 3]) originals.push(await drive({ '/n.txt': `drive ${n}` }, near.namespace(`d${n}`)))
  const [a, b] = sessions()
  const taken = takeAll(b, { ...drives, make: (key) => driveOf(key, far.namespace(hex(key))) })
  a.share('drives', originals)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  for (const original of originals) expect(await isWhole(copyOf(taken, original), original)).toBe(true)
})

describe('other cores of a store', () => {
  test('do not leak, even if the peer knows their key and opens their channel', async () => {
    const store = await openStore()
    const [one, two] = [
      await drive({ '/1': '1' }, store.namespace('1')),
      await drive({ '/2': '2' }, store.namespace('2')),
    ]
    const secret = store.get()
    await ready(secret)
    await append(secret, ['secret'])
    const session = replic8(encryptionKey, { initiator: false, live: true })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.greet()
    // The peer asks before there is anything, while the drives replicate, and afterwards.
    const bytes: unknown[] = []
    const hear = (message: unknown) => bytes.push(message)
    const ask = () =>
      peer.stream.open(secret.key, {
        onopen: hear,
        onhave: hear,
        ondata: hear,
        onoptions: hear,
        onstatus: hear,
        onwant: hear,
        onclose: hear,
      })
    const channel = ask()
    session.share([one, two])
    const offer = await peer.heard('offer')
    peer.send({ type: 'answer', first: offer.first, accepted: [true, true], reason: 'declined' })
    const contents = [await contentOf(one), await contentOf(two)]
    const feeds = [one.metadata, two.metadata, ...contents]
    await Promise.all(
      feeds.map(
        (feed) =>
          new Promise<void>((resolve) => {
            const opened = peer.stream.open(feed.key, { ondata: () => resolve() })
            opened.want({ start: 0, length: 1024 * 1024 })
            opened.request({ index: 0 })
          }),
      ),
    )
    channel.want({ start: 0, length: 1024 * 1024 })
    channel.request({ index: 0 })
    peer.send({ type: 'ping', token: 77 })
    await peer.heard('pong')
    expect(bytes).toEqual([])
    expect(peer.stream.remoteOpened(secret.key)).toBe(false)
    expect(session.stats.blocksSent).toBe(4)
    expect(feeds.every((feed) => peer.stream.remoteOpened(feed.key))).toBe(true)
    session.destroy()
  })

  test('do not leak through a drive that names one of them as its content', async () => {
    const store = await openStore()
    const secret = store.get()
    await ready(secret)
    await append(secret, ['secret'])
    // A drive's first block names its content: this one, in the protobuf of hypertrie, the other end's own core.
    const header = [Buffer.from([0x0a, 9]), Buffer.from('hypertrie'), Buffer.from([0x12, 32]), secret.key]
    const forged = await writer([Buffer.concat(header)])
    const stolen = reader(secret.key)
    const session = replic8(encryptionKey, { initiator: false, live: true })
    takeAll(session, { make: (key) => driveOf(key, store) })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.greet()
    for (const core of [forged, stolen]) core.replicate(peer.stream, { live: true })
    peer.send({ type: 'offer', first: 0, namespace: null, keys: [forged.key], lengths: [[1]], headers: [{}] })
    await peer.heard('caught-up')
    peer.send({ type: 'ping', token: 1 })
    await peer.heard('pong')
    expect(peer.stream.remoteOpened(forged.key)).toBe(true)
    expect(peer.stream.remoteOpened(secret.key)).toBe(false)
    expect([stolen.length, session.stats.blocksSent]).toEqual([0, 0])
    session.destroy()
  })
})

test('a drive is forwarded before its metadata is here', async () => {
  const original = await drive({ '/a.txt': 'far away' })
  const middle = driveOf(original.key)
  await opened(middle)
  const [b, c] = await openSessions(live, live)
  const taken = takeAll(c, drives)
  await b.share('drives', middle).accepted
  const [a, b2] = await openSessions(live, live)
  takeAll(b2, { ...drives, make: () => middle })
  const arrived = happens(
    c,
    'sync',
    () => copyOf(taken, original).metadata.length === original.metadata.length,
  )
  await a.share('drives', original).accepted
  await arrived
  const copy = copyOf(taken, original)
  await until(() => isWhole(copy, original))
  expect(await read(copy, '/a.txt')).toBe('far away')
  for (const session of [a, b]) session.destroy()
})

test('a drive that gets its first file during the session is followed', async () => {
  const [a, b] = await openSessions(live, live)
  const original = await drive()
  const taken = takeAll(b, drives)
  await a.share('drives', original).accepted
  await b.synced()
  for (const text of ['first', 'second']) {
    await write(original, '/a.txt', text)
    await until(() => isWhole(copyOf(taken, original), original))
    expect(await read(copyOf(taken, original), '/a.txt')).toBe(text)
  }
  a.destroy()
})

test('what has one feed, as a hypertrie has, is taken by it', async () => {
  const [a, b] = sessions()
  const feed = await writer(5)
  const trie = {
    feed,
    get key() {
      return feed.key
    },
    ready: (done: () => void) => feed.ready(done),
    replicate: (...args: unknown[]) => feed.replicate(...args),
  }
  const copy = reader(feed.key, { sparse: true })
  takeAll(b, {
    make: (key) => ({ key, feed: copy, replicate: (...args: unknown[]) => copy.replicate(...args) }),
  })
  a.share(trie)
  a.pipe(b.stream)
  const report = await b.synced()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(report.feeds[0]?.length).toBe(5)
  expect(await blocks(copy)).toEqual(await blocks(feed))
})

test('something of which only key and replicate are known still counts what it fetches', async () => {
  const [a, b] = sessions()
  const core = await writer(20)
  const copy = reader(core.key, { sparse: true })
  takeAll(b, { make: (key) => ({ key, replicate: (...args: unknown[]) => copy.replicate(...args) }) })
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copy)).toEqual(await blocks(core))
})

test.each(['the core first', 'the drive first'])(
  'a drive and its own metadata core, both shared, %s',
  async (order) => {
    const [a, b] = sessions()
    const original = await drive({ '/a.txt': 'one' })
    const taken = takeAll(b, drives)
    const shares = [() => a.share(original.metadata), () => a.share('drives', original)]
    for (const share of order === 'the core first' ? shares : shares.reverse()) share()
    b.on('advertise', (_offer, accept) => accept(null, []))
    a.pipe(b.stream)
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(await isWhole(copyOf(taken, original), original)).toBe(true)
  },
)

test('a drive that comes while its metadata core replicates takes its place', async () => {
  const [a, b] = await openSessions(live, live)
  const original = await drive({ '/a.txt': 'one' })
  const copy = driveOf(original.key)
  await opened(copy)
  takeAll(b, { make: () => copy.metadata })
  takeAll(b, { namespace: 'drives', make: () => copy })
  await a.share(original.metadata).accepted
  await b.synced()
  await a.share('drives', original).accepted
  await until(() => isWhole(copy, original))
  await b.synced()
  a.destroy()
})

test('a drive that is taken as a plain core ends with its metadata', async () => {
  const [a, b] = sessions()
  const original = await drive({ '/a.txt': 'one' })
  const taken = takeAll(b)
  a.share(original)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(copyOf(taken, original).length).toBe(original.metadata.length)
})

test('with whole: false a drive fetches the files that are read, and the session ends after that', async () => {
  const [a, b] = sessions()
  const original = await drive({ '/a.txt': 'a', '/b.txt': 'b', '/c.txt': 'c' })
  let copy: TestCore
  let text: Promise<string> | undefined
  b.on('advertise', ({ keys }, accept) => {
    copy = driveOf(keys[0] as Buffer)
    accept(null, [{ core: copy, whole: false }])
    text = read(copy, '/b.txt')
  })
  a.share(original)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await text).toBe('b')
  expect((await contentOf(copy)).downloaded(0, 3)).toBe(1)
})

test.each(['near', 'far'])(
  'closing the corestore in the middle, at the %s end, costs its drives only',
  async (end) => {
    const store = await openStore()
    const [a, b] = await openSessions(live, live)
    const [problemsA, problemsB] = [problemsOf(a), problemsOf(b)]
    const atNear = end === 'near'
    const originals = [
      await drive({ '/1': '1' }, atNear ? store.namespace('1') : memory),
      await drive({ '/2': '2' }, atNear ? store.namespace('2') : memory),
    ]
    const core = await writer(3)
    const copies = takeAll(b)
    takeAll(b, { ...drives, make: (key) => driveOf(key, atNear ? memory : store.namespace(hex(key))) })
    await Promise.all([a.share('drives', originals).accepted, a.share(core).accepted])
    await b.synced()
    await new Promise((resolve) => store.close(resolve))
    await until(() => (atNear ? problemsA : problemsB).length === 2)
    expect((atNear ? problemsA : problemsB).map(({ code }) => code)).toEqual([
      'ERR_CORE_CLOSED',
      'ERR_CORE_CLOSED',
    ])
    for (const original of originals) {
      const codes = [a, b].map((session) => session.why(original.metadata.key).code)
      expect(codes).toEqual(['core-closed', 'core-closed'])
    }
    await append(core, 'more')
    await until(() => copyOf(copies, core).length === 4)
    expect((atNear ? problemsB : problemsA).every(({ code }) => code === 'ERR_CORE_CLOSED')).toBe(true)
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  },
)
