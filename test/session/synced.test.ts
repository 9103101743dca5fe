import { describe, expect, test } from 'vitest'
import { append, blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, outcomes, sessions, turn } from '../helpers/sessions.ts'
import { copyOf, happens, hex, nextOffer, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** Whether a promise has settled by now. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, turn().then(() => pending)])) === pending
}

test('says what was caught up, with lengths and bytes, on both sides', async () => {
  const [a, b] = await openSessions(live, live)
  const [one, two] = [await writer(3), await writer(['hello', 'world'])]
  takeAll(b)
  takeAll(a, { namespace: 'films' })
  await Promise.all([a.share(one).accepted, b.share('films', two).accepted])
  const [atA, atB] = await Promise.all([a.synced(), b.synced()])
  const entry = (core: TestCore, namespace: string | null, direction: string, bytes: number) => ({
    key: core.key,
    namespace,
    direction,
    length: core.length,
    bytes,
  })
  expect(atA).toEqual({ feeds: [entry(one, null, 'out', 21), entry(two, 'films', 'in', 10)] })
  expect(atB.feeds).toHaveLength(2)
  expect(atB.feeds).toEqual(
    expect.arrayContaining([entry(one, null, 'in', 21), entry(two, 'films', 'out', 10)]),
  )
  expect(atA.feeds[0]?.key).toBe(one.key)
  a.destroy()
})

test('does not resolve before the session is open, nor before the first batch of the peer is answered', async () => {
  const [a, b] = sessions(live, live)
  const core = await writer(3)
  let open = () => {}
  const slow = {
    key: core.key,
    feed: core,
    ready: (done: () => void) => {
      open = done
    },
    replicate: (...args: unknown[]) => core.replicate(...args),
  }
  a.share(slow)
  const taken = takeAll(b)
  const promise = b.synced()
  expect(await isPending(promise)).toBe(true)
  a.pipe(b.stream)
  await b.opened
  expect(await isPending(promise)).toBe(true)
  open()
  expect((await promise).feeds).toMatchObject([{ length: 3, direction: 'in' }])
  expect(await blocks(copyOf(taken, core))).toHaveLength(3)
  a.destroy()
})

test('where there is nothing, an empty report', async () => {
  const [a, b] = await openSessions(live, live)
  expect(await Promise.all([a.synced(), b.synced()])).toEqual([{ feeds: [] }, { feeds: [] }])
  a.destroy()
})

test('waits for a handler that answers late, on both sides', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(3)
  const offered = nextOffer(b)
  a.share(core)
  const promise = a.synced()
  const { accept } = await offered
  const other = b.synced()
  for (let i = 0; i < 10; i++) expect(await isPending(Promise.race([promise, other]))).toBe(true)
  const copy = reader(core.key)
  accept(null, [copy])
  await Promise.all([promise, other])
  expect(await blocks(copy)).toHaveLength(3)
  a.destroy()
})

test('waits for what is known when it is asked, and not for what is appended after', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(50)
  const taken = takeAll(b)
  await a.share(core).accepted
  let growing = true
  core.on('upload', () => {
    if (growing) setImmediate(() => append(core, 'more'))
  })
  const report = await b.synced()
  growing = false
  const length = report.feeds[0]?.length as number
  expect(length).toBeGreaterThanOrEqual(50)
  expect(copyOf(taken, core).downloaded(0, length)).toBe(length)
  // Again, and again: each time what is there by then.
  for (let i = 0; i < 5; i++) {
    await append(core, 'later')
    const asked = core.length
    const { feeds } = await a.synced()
    expect(feeds[0]?.length).toBe(asked)
    expect(copyOf(taken, core).downloaded(0, asked)).toBe(asked)
  }
  a.destroy()
})

test('a filter chooses by namespace, keys and direction', async () => {
  const [a, b] = await openSessions(live, live)
  const cores = await Promise.all([1, 2, 3].map((n) => writer(n)))
  const [plain, film, back] = cores
  takeAll(b)
  takeAll(b, { namespace: 'films' })
  takeAll(a, { namespace: 'films' })
  await Promise.all([
    a.share(plain).accepted,
    a.share('films', film).accepted,
    b.share('films', back).accepted,
  ])
  const keys = async (options: object) => (await b.synced(options)).feeds.map(({ key }) => hex(key)).sort()
  const of = (...some: TestCore[]) => some.map(hex).sort()
  expect(await keys({})).toEqual(of(plain, film, back))
  expect(await keys({ namespace: null })).toEqual(of(plain))
  expect(await keys({ namespace: 'films' })).toEqual(of(film, back))
  expect(await keys({ namespace: 'films', direction: 'out' })).toEqual(of(back))
  expect(await keys({ direction: 'in' })).toEqual(of(plain, film))
  expect(await keys({ keys: [film.key, hex(plain)] })).toEqual(of(plain, film))
  expect(await keys({ namespace: 'music' })).toEqual([])
  a.destroy()
})

describe('rejects', () => {
  async function pair() {
    const [a, b] = await openSessions(live, live)
    return { a, b, core: await writer(2) }
  }

  test('after its timeout: ERR_TIMEOUT', async () => {
    const { a, b, core } = await pair()
    const offered = nextOffer(b)
    a.share(core)
    await offered
    await expect(a.synced({ timeout: 10 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    a.destroy()
  })

  test('for a key that was never offered, was declined, or was taken back', async () => {
    const { a, b, core } = await pair()
    const keys = [core.key]
    const codes = () =>
      Promise.all(
        [a, b].map((session) => session.synced({ keys }).catch(({ code }: { code: string }) => code)),
      )
    expect(await codes()).toEqual(['ERR_NOT_OFFERED', 'ERR_NOT_OFFERED'])
    await a.share(core).accepted
    expect(await codes()).toEqual(['ERR_DECLINED', 'ERR_DECLINED'])
    takeAll(b)
    await a.share(core).accepted
    await Promise.all([a.synced({ keys }), b.synced({ keys })])
    a.unshare(core)
    await happens(b, 'withdraw')
    expect(await codes()).toEqual(['ERR_WITHDRAWN', 'ERR_WITHDRAWN'])
    await expect(a.synced({ keys: ['no key'] })).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' })
    a.destroy()
  })

  test('when the feed is taken back meanwhile', async () => {
    const { a, b, core } = await pair()
    const offered = nextOffer(b)
    a.share(core)
    const { accept } = await offered
    const promise = b.synced({ keys: [core.key] })
    const withdrawn = happens(b, 'withdraw')
    a.unshare(core)
    await withdrawn
    accept(null, [])
    await expect(promise).rejects.toMatchObject({ code: 'ERR_WITHDRAWN' })
    a.destroy()
  })

  test('when the session ends, with its error, or ERR_CLOSED where it has none', async () => {
    for (const [end, atA, atB] of [
      ['destroy', { message: 'enough' }, { code: expect.stringMatching(/^ERR_/) }],
      ['end', { code: 'ERR_CLOSED' }, { code: 'ERR_CLOSED' }],
    ] as const) {
      const { a, b, core } = await pair()
      const offered = nextOffer(b)
      a.share(core)
      await offered
      const promises = [a.synced(), b.synced()]
      a[end](new Error('enough'))
      await expect(promises[0]).rejects.toMatchObject(atA)
      await expect(promises[1]).rejects.toMatchObject(atB)
      await outcomes(a, b)
      await expect(a.synced()).rejects.toMatchObject(atA)
    }
  })
})

test('with a lost wire it never says that more is here than is', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(300)
  const taken = takeAll(b)
  a.share(core)
  await until(() => (copyOf(taken, core)?.downloaded(0, 300) ?? 0) > 5)
  const promise = b.synced()
  if (copyOf(taken, core).downloaded(0, 300) < 300) {
    a.destroy(new Error('cut'))
    await expect(promise).rejects.toThrow()
  }
})
