import { expect, test } from 'vitest'
import { reader, writer } from '../helpers/cores.ts'
import { openSessions, outcomes, sessions, uncaughtErrors } from '../helpers/sessions.ts'
import { happens, problemsOf, takeAll } from '../helpers/sharing.ts'

const live = { live: true }

test('a core whose replicate rejects costs that core only', async () => {
  const uncaught = uncaughtErrors()
  const [a, b] = await openSessions(live, live)
  takeAll(b)
  const [bad, good] = [await writer(1), await writer(1)]
  const problem = happens(a, 'problem')
  a.share({ key: bad.key, replicate: async () => Promise.reject(new Error('boo')) })
  a.share(good)
  expect((await problem)[0].code).toBe('ERR_CORE_FAILED')
  await a.synced({ keys: [good.key] })
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

test('a second object of one core is told to be of no use', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const copies = [reader(core.key), reader(core.key)]
  b.on('advertise', (_, accept) => accept(null, [copies[0]]))
  b.on('other', 'advertise', (_, accept) => accept(null, [copies[1]]))
  const problems = problemsOf(b)
  await a.share(core).accepted
  await a.share('other', core).accepted
  await b.synced()
  expect(problems).toMatchObject([{ code: 'ERR_CORE_FAILED', key: core.key.toString('hex') }])
  expect(copies[0].length).toBe(2)
})

test('many sessions of one core are no leak of listeners, and leave none behind', async () => {
  const warnings: Error[] = []
  const hear = (warning: Error) => warnings.push(warning)
  process.on('warning', hear)
  const core = await writer(1)
  const pairs = await Promise.all(Array.from({ length: 12 }, () => openSessions(live, live)))
  for (const [a, b] of pairs) {
    takeAll(b)
    await a.share(core).accepted
    await a.synced()
  }
  for (const [a] of pairs) {
    a.unshare(core)
    await a.synced()
  }
  process.off('warning', hear)
  expect(warnings).toEqual([])
  expect(core.listenerCount('error')).toBe(0)
})

test('nonsense is answered with a code', async () => {
  const [a] = await openSessions(live, live)
  const bad = expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' })
  const options = [
    { direction: 'upload' },
    { namespace: 5 },
    { keys: 'abc' },
    { keys: null },
    { timeout: 'soon' },
  ]
  for (const option of options) await expect(a.synced(option as object)).rejects.toEqual(bad)
  expect(await a.synced({ timeout: Number.POSITIVE_INFINITY })).toEqual({ feeds: [] })
  const on = a.on.bind(a) as (...args: unknown[]) => unknown
  expect(() => on('advertize', () => {})).toThrow(bad)
  expect(() => on(5, 'advertise', () => {})).toThrow(bad)
  expect(() => on('advertise')).toThrow(bad)
})

test('a core whose key cannot be read costs that core only', async () => {
  const [a, b] = await openSessions(live, live)
  takeAll(b)
  const bad = {
    get key(): Uint8Array {
      throw new Error('no key today')
    },
    replicate() {},
  }
  const good = await writer(1)
  const problem = happens(a, 'problem')
  const { accepted } = a.share([bad, good])
  expect((await problem)[0].code).toBe('ERR_CORE_FAILED')
  expect(await accepted).toEqual([good.key])
  a.unshare([bad])
  a.destroy()
})

test('a feed that is taken without uploading it, and offered too, is uploaded', async () => {
  for (const offer of ['first', 'last'] as const) {
    const [a, b] = sessions()
    const core = await writer(20)
    const copy = reader(core.key)
    a.on('advertise', (_offer, accept) => accept(null, [{ core, upload: false }]))
    b.on('advertise', (_offer, accept) => accept(null, [copy]))
    b.share(copy)
    if (offer === 'first') a.share(core)
    a.pipe(b.stream)
    if (offer === 'last') {
      await happens(a, 'replicate')
      a.share(core)
    }
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(copy.downloaded()).toBe(20)
  }
})

test('what is thrown may have no text', async () => {
  const [a, b] = await openSessions(live, live)
  const nothing = Object.create(null)
  b.on('advertise', () => {
    throw nothing
  })
  const problem = happens(b, 'problem')
  await a.share(await writer(1)).accepted
  expect((await problem)[0]).toMatchObject({ code: 'ERR_ACCEPT_FAILED', cause: nothing })
  const failed = happens(a, 'problem')
  a.share({ key: Buffer.alloc(32, 1), ready: () => Promise.reject(nothing), replicate() {} })
  expect((await failed)[0]).toMatchObject({ code: 'ERR_CORE_FAILED', cause: nothing })
  a.destroy()
})

test('ping rejects when the session is over, and nobody has to hear of it', async () => {
  const uncaught = uncaughtErrors()
  const [a, b] = await openSessions(live, live)
  expect(await a.ping()).toBeGreaterThan(0)
  b.stream.write = () => true
  const pings = [a.ping(), a.ping()]
  void a.ping()
  a.destroy(new Error('enough'))
  for (const ping of pings) await expect(ping).rejects.toThrow('enough')
  await expect(a.ping()).rejects.toThrow('enough')
  await outcomes(a, b)
  await expect(b.ping()).rejects.toMatchObject({ code: 'ERR_TRUNCATED' })
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})
