import eos from 'end-of-stream'
import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import { append, blocks, memory, reader, type TestCore, writer } from '../helpers/cores.ts'
import { drive, driveOf, read } from '../helpers/drives.ts'
import { encryptionKey, openSessions, outcomes, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, hex, nextOffer, takeAll, until } from '../helpers/sharing.ts'

const ended = (stream: unknown) =>
  new Promise<Error | undefined>((resolve) => eos(stream, (error: Error | undefined) => resolve(error)))

/** The program for which the project exists, with the seams that a test needs. */
async function seedPeer(feeds: number) {
  const coreStore = await Promise.all(Array.from({ length: 3 }, (_, i) => writer(i < feeds ? 3 + i : 0)))
  const asset = await drive({ '/hello.txt': `from ${feeds}` })
  const otherPeers: Session[] = []
  const drives: TestCore[] = []
  const connect = () => {
    const session = replic8(encryptionKey)
    session.share(
      coreStore,
      coreStore.map((core) => ({ isEmpty: !core.length })),
    )
    session.share('p2pftw', [asset], [{ type: 'hyperdrive', contentSize: 5432154 }])
    session.on('advertise', (offer, accept) => {
      const selected: TestCore[] = []
      offer.keys.forEach((key, n) => {
        let core = coreStore.find((one) => one.key === key)
        if (core) selected.push(core)
        else if (!offer.headers[n]?.isEmpty) {
          core = hypercore(memory, key)
          coreStore.push(core)
          selected.push(core)
          for (const other of otherPeers) other.share([core])
        }
      })
      accept(null, selected)
    })
    session.on('p2pftw', 'advertise', (offer, accept) => {
      const taken = offer.keys.map((key) => driveOf(key))
      drives.push(...taken)
      accept(null, taken)
    })
    return session
  }
  return { coreStore, drives, otherPeers, connect }
}

const fullContents = async (cores: TestCore[]) =>
  (
    await Promise.all(
      cores.filter((core) => core.length > 0).map(async (core) => [hex(core), await blocks(core)]),
    )
  ).sort()

test('the seed program: both ends run it, get all of each other, and end once without an error', async () => {
  const [a, b] = [await seedPeer(2), await seedPeer(1)]
  const [near, far] = [a.connect(), b.connect()]
  const ends = [ended(far.stream), ended(near.pipe(far.stream))]
  expect(await Promise.all(ends)).toEqual([undefined, undefined])
  expect(await outcomes(near, far)).toEqual(['clean', 'clean'])
  const all = await fullContents(a.coreStore)
  expect(all.map(([, texts]) => (texts as string[]).length).sort()).toEqual([3, 3, 4])
  expect(await fullContents(b.coreStore)).toEqual(all)
  expect(await read(b.drives[0], '/hello.txt')).toBe('from 2')
  expect(await read(a.drives[0], '/hello.txt')).toBe('from 1')
})

test('three peers in a row: the one in the middle forwards what it gets, while it gets it', async () => {
  const [a, b, c] = [await seedPeer(2), await seedPeer(0), await seedPeer(0)]
  const [ab, ba, bc, cb] = [a.connect(), b.connect(), b.connect(), c.connect()]
  b.otherPeers.push(bc)
  const held = nextOffer(ba, '*')
  bc.pipe(cb.stream)
  // The two that would be done wait: what is offered beyond the middle is not here yet.
  const waiting = bc.share(await writer(0))
  await Promise.all([bc.opened, cb.opened])
  ab.pipe(ba.stream)
  await held
  await waiting.accepted
  expect(await outcomes(ab, ba, bc, cb)).toEqual(Array(4).fill('clean'))
  const all = await fullContents(a.coreStore)
  expect(await fullContents(b.coreStore)).toEqual(all)
  expect(await fullContents(c.coreStore)).toEqual(all)
})

test('where nobody shares, the session stays open until end()', async () => {
  const [a, b] = await openSessions()
  takeAll(b)
  await Promise.all([a.synced(), b.synced()])
  for (let i = 0; i < 20; i++) await turn()
  expect([a, b].map((session) => session.why(Buffer.alloc(32)).code)).toEqual(['not-offered', 'not-offered'])
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('where one side shares, both end when that side is done', async () => {
  const [a, b] = sessions()
  const core = await writer(10)
  const taken = takeAll(b)
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copyOf(taken, core))).toHaveLength(10)
})

test('an offer that is declined, and an empty one, let the session end too', async () => {
  for (const share of [async () => [await writer(1)], async () => []]) {
    const [a, b] = await openSessions()
    a.share(await share())
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  }
})

test('a core without blocks is done at once', async () => {
  const [a, b] = sessions()
  takeAll(b)
  a.share(await writer(0))
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('what a handler shares when all seemed done is fetched all the same', async () => {
  const [a, b] = await openSessions()
  const [first, second] = [await writer(2), await writer(200)]
  const taken = takeAll(b)
  a.share(first)
  b.once('sync', () => b.share(second))
  const back = takeAll(a)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copyOf(taken, first))).toHaveLength(2)
  expect(await blocks(copyOf(back, second))).toHaveLength(200)
})

test('a share that is taken back does not keep the session open', async () => {
  const [a, b] = await openSessions()
  const core = await writer(1)
  const offered = nextOffer(b)
  const share = a.share(core)
  const { accept } = await offered
  share.withdraw()
  accept(null, [reader(core.key)])
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('a feed that keeps growing does not prevent the end', async () => {
  const [a, b] = sessions()
  const core = await writer(50)
  const taken = takeAll(b)
  let growing = true
  core.on('upload', () => growing && setImmediate(() => append(core, ['more', 'and more'])))
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  growing = false
  expect(copyOf(taken, core).downloaded(0, 50)).toBe(50)
})

test('a sparse core is fetched whole', async () => {
  const [a, b] = sessions()
  const core = await writer(100)
  const taken = takeAll(b, { make: (key) => reader(key, { sparse: true }) })
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copyOf(taken, core))).toEqual(await blocks(core))
})

test('with whole: false the session ends when what the application asked for is here', async () => {
  const [a, b] = sessions()
  const core = await writer(100)
  const got: string[] = []
  let copy: TestCore
  b.on('advertise', ({ keys }, accept) => {
    copy = reader(keys[0] as Buffer, { sparse: true })
    accept(null, [{ core: copy, whole: false }])
    for (const index of [3, 70]) copy.get(index, (_: unknown, block: Buffer) => got.push(String(block)))
    copy.download({ start: 10, end: 15 })
  })
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(got.sort()).toEqual(['block 3', 'block 70'])
  expect(copy.downloaded(0, 100)).toBe(7)
})

test('what was fetched in part before is completed', async () => {
  const core = await writer(100)
  const copy = reader(core.key, { sparse: true })
  for (const whole of [false, true]) {
    const [a, b] = sessions()
    b.on('advertise', (_offer, accept) => {
      accept(null, [{ core: copy, whole }])
      if (!whole) copy.download({ start: 20, end: 60 })
    })
    a.share(core)
    a.pipe(b.stream)
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  }
  expect(await blocks(copy)).toEqual(await blocks(core))
})

test('a core that hypercore itself replicated once before is fetched whole', async () => {
  const core = await writer(2)
  const copy = reader(core.key)
  await new Promise((resolve) => {
    const stream = core.replicate(true)
    stream.pipe(copy.replicate(false)).pipe(stream).on('end', resolve)
  })
  await append(core, ['block 2', 'block 3'])
  const [a, b] = sessions()
  takeAll(b, { make: () => copy })
  a.share(core)
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(await blocks(copy)).toHaveLength(4)
})

test('a live session on the same core afterwards, and beside, gets everything', async () => {
  const core = await writer(2)
  const copy = reader(core.key)
  const [c, d] = await openSessions({ live: true }, { live: true })
  const other = takeAll(d)
  await c.share(core).accepted
  const [a, b] = sessions()
  takeAll(b, { make: () => copy })
  a.share(core)
  a.pipe(b.stream)
  await outcomes(a, b)
  const [e, f] = await openSessions({ live: true }, { live: true })
  takeAll(f, { make: () => copy })
  await e.share(core).accepted
  await append(core, ['block 2', 'block 3'])
  await until(() =>
    [copy, copyOf(other, core)].every((one) => one.length === 4 && one.downloaded(0, 4) === 4),
  )
  for (const session of [c, e]) session.destroy()
})

test('end() finishes in the middle, without an error, and what came is kept', async () => {
  const [a, b] = await openSessions()
  const core = await writer(500)
  const taken = takeAll(b)
  a.share(core)
  await until(() => taken.size > 0 && copyOf(taken, core).downloaded(0, 500) > 10)
  b.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(copyOf(taken, core).downloaded(0, 500)).toBeGreaterThan(10)
})
