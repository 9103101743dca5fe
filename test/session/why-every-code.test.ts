import { expect, test } from 'vitest'
import { explanations } from '../../src/negotiation/explain.ts'
import type { Session } from '../../src/session/session.ts'
import { reader, writer } from '../helpers/cores.ts'
import { openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, nextOffer, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }
const seen = new Set<string>()

/** What the sessions say of a feed. */
function codes(some: Session[], key: Uint8Array): string[] {
  const found = some.map((session) => session.why(key).code)
  for (const code of found) seen.add(code)
  return found
}

test('not-connected before open and after the end', async () => {
  const [a, b] = sessions()
  const core = await writer(1)
  expect(codes([a, b], core.key)).toEqual(['not-connected', 'not-connected'])
  a.pipe(b.stream)
  await Promise.all([a.opened, b.opened])
  a.end()
  await outcomes(a, b)
  expect(codes([a, b], core.key)).toEqual(['not-connected', 'not-connected'])
})

test('not-offered, waiting-for-core, waiting-for-answer, replicating and synced, one after the other', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(3)
  expect(codes([a, b], core.key)).toEqual(['not-offered', 'not-offered'])
  const offered = nextOffer(b)
  a.share(core)
  expect(codes([a, b], core.key)).toEqual(['waiting-for-core', 'not-offered'])
  const { accept } = await offered
  expect(codes([a, b], core.key)).toEqual(['waiting-for-answer', 'waiting-for-answer'])
  const agreed = happens(a, 'replicate')
  accept(null, [reader(core.key)])
  await agreed
  expect(codes([a, b], core.key)).toEqual(['replicating', 'replicating'])
  expect(a.why(core.key)).toMatchObject({ have: 0, want: 3, namespace: null })
  expect(a.why(core.key).key).toBe(core.key)
  await Promise.all([a.synced(), b.synced()])
  expect(codes([a, b], core.key)).toEqual(['synced', 'synced'])
  for (const session of [a, b]) expect(session.why(core.key)).toMatchObject({ have: 3, want: 3 })
  a.destroy()
})

test('waiting-for-core where the offer waits for cores of the side that receives it', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  b.share({ key: Buffer.alloc(32, 1), ready() {}, replicate() {} })
  a.share(core)
  await until(() => codes([b], core.key)[0] === 'waiting-for-core')
  expect(codes([a], core.key)).toEqual(['waiting-for-answer'])
  a.destroy()
})

test('paused at the side that takes no blocks for now', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(3)
  takeAll(b)
  await b.pauseDownloads()
  await a.share(core).accepted
  expect(codes([a, b], core.key)).toEqual(['replicating', 'paused'])
  expect(b.why(core.key)).toMatchObject({ have: 0, want: 3, message: explanations.paused })
  a.destroy()
})

test('queued while the peer has not answered the pages before', async () => {
  const [a, b] = await openSessions(live, { ...live, limits: { feedsPerPage: 1, offersOutstanding: 1 } })
  const cores = await Promise.all([writer(1), writer(1)])
  const offered = nextOffer(b)
  a.share(cores)
  await offered
  expect(cores.map((core) => codes([a, b], core.key))).toEqual([
    ['waiting-for-answer', 'waiting-for-answer'],
    ['queued', 'not-offered'],
  ])
  a.destroy()
})

test('no-handler, declined, handler-failed and accept-timeout, at both ends', async () => {
  const [a, b] = await openSessions(live, { ...live, acceptTimeout: 20 })
  b.on('declined', 'advertise', (_offer, accept) => accept(null, []))
  b.on('handler-failed', 'advertise', () => {
    throw new Error('oh')
  })
  b.on('accept-timeout', 'advertise', () => {})
  for (const code of ['no-handler', 'declined', 'handler-failed', 'accept-timeout'] as const) {
    const core = await writer(1)
    await a.share(code, core).accepted
    expect(codes([a, b], core.key)).toEqual([code, code])
    expect(a.why(core.key)).toMatchObject({ namespace: code, message: explanations[code] })
  }
  a.destroy()
})

test('over-limit for a header that the peer does not take', async () => {
  const [a, b] = await openSessions(live, { ...live, limits: { headerBytes: 20 } })
  const core = await writer(1)
  const problem = happens(a, 'problem')
  expect(await a.share(core, { text: 'more than twenty bytes' }).accepted).toEqual([])
  expect(codes([a, b], core.key)).toEqual(['over-limit', 'not-offered'])
  expect((await problem)[0].code).toBe('ERR_OFFER_TOO_LARGE')
  a.destroy()
})

test('withdrawn, core-closed and core-failed, at both ends', async () => {
  const [a, b] = await openSessions(live, live)
  const cores = await Promise.all([1, 2, 3].map((n) => writer(n)))
  const [unshared, closed, failed] = cores
  const taken = takeAll(b)
  await a.share(cores).accepted
  await b.synced()
  const heard = (core: typeof closed) => happens(b, 'withdraw', ({ key }) => hex(key) === hex(core))
  const both = [heard(unshared), heard(closed)]
  a.unshare(unshared)
  closed.close()
  await Promise.all(both)
  expect(codes([a, b], unshared.key)).toEqual(['withdrawn', 'withdrawn'])
  expect(codes([a, b], closed.key)).toEqual(['core-closed', 'core-closed'])
  const released = happens(a, 'problem', (_error, { key }) => key !== undefined && hex(key) === hex(failed))
  copyOf(taken, failed).emit('error', new Error('disk on fire'))
  await released
  expect(codes([a, b], failed.key)).toEqual(['core-failed', 'core-failed'])
  a.destroy()
})

test('these are all the codes that there are', () => {
  expect([...seen].sort()).toEqual(Object.keys(explanations).sort())
})

test('the most hopeful of several offers is told', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  takeAll(b, { namespace: 'films' })
  await a.share('music', core).accepted
  await a.share('films', core).accepted
  await a.synced()
  expect(a.why(core.key)).toMatchObject({ code: 'synced', namespace: 'films' })
  a.destroy()
})

test('a key is bytes or hex digits: ERR_BAD_ARGUMENT', async () => {
  const [a] = sessions()
  const core = await writer(1)
  expect(a.why(hex(core).toUpperCase()).key).toEqual(core.key)
  for (const bad of [undefined, null, 1, 'key', Buffer.alloc(31), {}]) {
    expect(() => a.why(bad as string)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  }
  a.destroy()
})
