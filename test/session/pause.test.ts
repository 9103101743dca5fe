import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { append, blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { driveOf, drive as makeDrive } from '../helpers/drives.ts'
import { expectAlive, openSessions, outcomes, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** Blocks that a session has got. */
const got = (session: Session) => session.stats.blocksReceived

/** Everything that was under way between the two has happened, several times over. */
async function settled(a: Session, b: Session) {
  for (let round = 0; round < 5; round++) await expectAlive(a, b)
}

/** A feed of 2000 blocks on its way from `a` to `b`, some of them there: its core, its copy, and what `pause` gives then. */
async function halfWay(a: Session, b: Session, pause = () => b.pauseDownloads()) {
  const core = await writer(2000)
  let copy: TestCore
  const paused = new Promise<void>((resolve, reject) => {
    takeAll(b, {
      make(key) {
        copy = reader(key)
        copy.on('download', () => {
          if (copy.downloaded() === 20) pause().then(resolve, reject)
        })
        return copy
      },
    })
  })
  a.share(core)
  await paused
  expect(copy.downloaded()).toBeLessThan(1000)
  return [core, copy] as [TestCore, TestCore]
}

test('pauseDownloads resolves when all that was requested is stored, and nothing comes after it', async () => {
  const [a, b] = await openSessions(live, live)
  const [core, copy] = await halfWay(a, b)
  const before = copy.downloaded(0, 2000)
  expect(before).toBe(got(b))
  expect(copy.peers[0].inflightRequests).toEqual([])
  await append(core, 'one more')
  await settled(a, b)
  expect([copy.downloaded(0, 2001), got(b)]).toEqual([before, before])
  b.resumeDownloads()
  await b.synced()
  expect(await blocks(copy)).toEqual(await blocks(core))
  expect(got(b)).toBe(2001)
  a.destroy()
})

test('what the peer requests goes on while own downloads are paused', async () => {
  const [a, b] = await openSessions(live, live)
  await b.pauseDownloads()
  const [mine, theirs] = [await writer(30), await writer(50)]
  const [atA, atB] = [takeAll(a), takeAll(b)]
  await Promise.all([a.share(mine).accepted, b.share(theirs).accepted])
  await a.synced({ direction: 'in' })
  expect(await blocks(copyOf(atA, theirs))).toHaveLength(50)
  expect(copyOf(atB, mine).downloaded()).toBe(0)
  a.destroy()
})

test('why tells of the pause at the side that paused, and synced waits', async () => {
  const [a, b] = await openSessions(live, live)
  await b.pauseDownloads()
  takeAll(b)
  const core = await writer(3)
  await a.share(core).accepted
  let isSynced = false
  const synced = b.synced().then(() => {
    isSynced = true
  })
  await settled(a, b)
  expect(b.why(core.key)).toMatchObject({ code: 'paused', have: 0, want: 3 })
  expect(a.why(core.key)).toMatchObject({ code: 'replicating', have: 0, want: 3 })
  expect(isSynced).toBe(false)
  b.resumeDownloads()
  await synced
  expect(b.why(core.key).code).toBe('synced')
  await b.pauseDownloads()
  expect(b.why(core.key).code).toBe('synced')
  a.destroy()
})

test('a one-shot session does not end while paused downloads are incomplete', async () => {
  const [a, b] = sessions()
  await b.pauseDownloads()
  takeAll(b)
  const core = await writer(40)
  const { accepted } = a.share(core)
  a.pipe(b.stream)
  await accepted
  await settled(a, b)
  expect([a.isOpen, b.isOpen, got(b)]).toEqual([true, true, 0])
  b.resumeDownloads()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(got(b)).toBe(40)
})

test('a channel that is opened again is paused too', async () => {
  const [a, b] = await openSessions(live, live)
  const [core, copy] = await halfWay(a, b)
  a.unshare(core)
  await until(() => b.why(core.key).code === 'withdrawn')
  const before = got(b)
  await a.share(core).accepted
  await settled(a, b)
  expect(copy.peers).toHaveLength(1)
  expect(got(b)).toBe(before)
  b.resumeDownloads()
  await b.synced()
  expect(await blocks(copy)).toHaveLength(2000)
  a.destroy()
})

test('all feeds of a structure are paused, those that it names later too', async () => {
  const [a, b] = await openSessions(live, live)
  await b.pauseDownloads()
  const drive = await makeDrive({ '/one': 'first', '/two': 'second' })
  let copy: TestCore
  b.on('advertise', (offer, accept) => {
    copy = driveOf(offer.keys[0] as Buffer)
    accept(null, [copy])
  })
  await a.share(drive).accepted
  await settled(a, b)
  expect(got(b)).toBe(0)
  b.resumeDownloads()
  await until(() => got(b) > 0)
  await b.pauseDownloads()
  b.resumeDownloads()
  await b.synced()
  expect(copy.metadata.length).toBe(drive.metadata.length)
  a.destroy()
})

test('what the application sets for its feed meanwhile takes effect after the pause', async () => {
  const [a, b] = await openSessions(live, live)
  const [core, copy] = await halfWay(a, b)
  const before = got(b)
  copy.setDownloading(true)
  await settled(a, b)
  expect(got(b)).toBe(before)
  copy.setDownloading(false)
  // hypercore does it when its feed is ready, a moment later.
  await turn()
  b.resumeDownloads()
  await settled(a, b)
  expect(got(b)).toBe(before)
  copy.setDownloading(true)
  await b.synced()
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
})

test('a block that the application asks for waits as well', async () => {
  const [a, b] = await openSessions(live, live)
  await b.pauseDownloads()
  const core = await writer(5)
  let copy: TestCore
  b.on('advertise', (offer, accept) => {
    copy = reader(offer.keys[0] as Buffer, { sparse: true })
    accept(null, [{ core: copy, whole: false }])
  })
  await a.share(core).accepted
  const block = new Promise((resolve) => copy.get(3, (_error: unknown, data: Buffer) => resolve(`${data}`)))
  await settled(a, b)
  expect(got(b)).toBe(0)
  b.resumeDownloads()
  expect(await block).toBe('block 3')
  expect(got(b)).toBe(1)
  a.destroy()
})

test('pauseDownloads resolves when downloads are resumed, and when the session is over', async () => {
  for (const end of ['resume', 'destroy'] as const) {
    const [a, b] = await openSessions(live, live)
    const core = await writer(3)
    // It has the blocks, and never gives them.
    core.proof = () => {}
    const taken = takeAll(b)
    await a.share(core).accepted
    await until(() => copyOf(taken, core)?.peers[0]?.inflightRequests.length === 3)
    let isPaused = false
    const paused = b.pauseDownloads().then(() => {
      isPaused = true
    })
    await settled(a, b)
    expect(isPaused).toBe(false)
    if (end === 'resume') b.resumeDownloads()
    else a.destroy()
    await paused
    a.destroy()
    await outcomes(a, b)
    await b.pauseDownloads()
  }
})
