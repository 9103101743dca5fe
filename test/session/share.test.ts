import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { blocks, memory, ready, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, sessions } from '../helpers/sessions.ts'
import { copyOf, faultyMemory, happens, hex, nextOffer, problemsOf, takeAll } from '../helpers/sharing.ts'

const live = { live: true }

test('one core, an array, and arrays in it can be shared', async () => {
  const [a, b] = sessions()
  const cores = await Promise.all([1, 2, 3, 4].map((n) => writer(n)))
  const taken = takeAll(b)
  const [one, two, three, four] = cores
  const shares = [a.share(one), a.share([two]), a.share([[three], four])]
  a.pipe(b.stream)
  const keys = (await Promise.all(shares.map((share) => share.accepted))).flat()
  expect(keys.map(hex)).toEqual(cores.map(hex))
  await Promise.all([a.closed, b.closed])
  for (const core of cores) expect(await blocks(copyOf(taken, core))).toEqual(await blocks(core))
})

test('headers go with the cores in their order; a missing one is {}', async () => {
  const [a, b] = sessions()
  const cores = await Promise.all([1, 1, 1].map((n) => writer(n)))
  a.share(cores, [{ n: 0 }, undefined])
  a.share(cores[0], [])
  a.pipe(b.stream)
  const { offer, accept } = await nextOffer(b)
  expect(offer.keys.map(hex)).toEqual(cores.map(hex))
  expect(offer.headers).toEqual([{ n: 0 }, {}, {}])
  accept(null, [])
})

test('one header for one core needs no array', async () => {
  const [a, b] = sessions()
  a.share(await writer(1), { title: 'one' })
  a.pipe(b.stream)
  const { offer, accept } = await nextOffer(b)
  expect(offer.headers).toEqual([{ title: 'one' }])
  accept(null, [])
})

test('something that is no core: ERR_BAD_ARGUMENT', () => {
  const [a] = sessions()
  for (const value of [undefined, null, 1, 'namespace', {}, [{}], Buffer.alloc(32)]) {
    expect(() => a.share(value as TestCore)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => a.unshare(value as TestCore)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
    expect(() => a.update(value as TestCore, {})).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }),
    )
  }
  a.destroy()
})

test('a header that is no plain JSON object: ERR_BAD_HEADER', async () => {
  const [a] = sessions()
  const core = await writer(1)
  const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`)
  const own = JSON.parse('{"__proto__": {"admin": true}}')
  for (const header of [
    1,
    'text',
    () => 1,
    { f: () => 1 },
    { n: 1n },
    deep,
    own,
    { text: 'x'.repeat(5000) },
  ]) {
    expect(() => a.share([core], [header as object])).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_HEADER' }),
    )
  }
  a.destroy()
})

test('cores that open by callback, by promise, or not at all', async () => {
  const [a, b] = sessions()
  const inner = await Promise.all([1, 2, 3].map((n) => writer(n)))
  const like = (core: TestCore, ready: object) => ({
    get key() {
      return core.key
    },
    feed: core,
    replicate: (...args: unknown[]) => core.replicate(...args),
    ...ready,
  })
  const cores = [
    like(inner[0], { ready: (done: () => void) => queueMicrotask(done) }),
    like(inner[1], { ready: async () => {} }),
    like(inner[2], {}),
  ]
  const taken = takeAll(b)
  const share = a.share(cores)
  a.pipe(b.stream)
  expect((await share.accepted).map(hex)).toEqual(inner.map(hex))
  await Promise.all([a.closed, b.closed])
  for (const core of inner) expect(await blocks(copyOf(taken, core))).toEqual(await blocks(core))
})

test('a core that fails to open fails alone', async () => {
  const [a, b] = sessions()
  const good = await writer(3)
  const problems = problemsOf(a)
  const key = Buffer.alloc(32, 1)
  const broken = hypercore(faultyMemory({ open: new Error('disk on fire') }, 'bitfield'), key)
  const rejecting = { key, ready: async () => Promise.reject(new Error('no')), replicate() {} }
  const throwing = {
    key,
    ready() {
      throw new Error('never')
    },
    replicate() {},
  }
  const keyless = { key: null, ready: (done: () => void) => done(), replicate() {} }
  const taken = takeAll(b)
  const share = a.share([broken, rejecting, good, throwing, keyless])
  a.pipe(b.stream)
  expect((await share.accepted).map(hex)).toEqual([hex(good)])
  await Promise.all([a.closed, b.closed])
  expect(problems.map(({ code }) => code)).toEqual(Array(4).fill('ERR_CORE_FAILED'))
  expect(problems.map(({ namespace }) => namespace)).toEqual(Array(4).fill(null))
  expect(await blocks(copyOf(taken, good))).toEqual(await blocks(good))
})

test('a core that never opens is given up after acceptTimeout, and the others are accepted', async () => {
  const [a, b] = sessions({ acceptTimeout: 50 })
  const good = await writer(3)
  const problems = problemsOf(a)
  const never = { key: Buffer.alloc(32, 1), ready() {}, replicate() {} }
  takeAll(b)
  const share = a.share([never, good])
  a.pipe(b.stream)
  expect((await share.accepted).map(hex)).toEqual([hex(good)])
  await Promise.all([a.closed, b.closed])
  expect(problems).toEqual([{ code: 'ERR_CORE_FAILED', key: hex(never.key), namespace: null }])
})

test('accepted gives the very key Buffers of the cores', async () => {
  const [a, b] = sessions()
  const cores = await Promise.all([1, 1].map((n) => writer(n)))
  takeAll(b)
  const share = a.share(cores)
  a.pipe(b.stream)
  const keys = await share.accepted
  expect(keys.every((key, i) => key === cores[i].key)).toBe(true)
})

test('accepted is [] where nothing was taken, and where nothing was shared', async () => {
  const [a] = await openSessions(live, live)
  expect(await a.share(await writer(1)).accepted).toEqual([])
  expect(await a.share([]).accepted).toEqual([])
  a.destroy()
})

test('a core that is shared twice is offered once, and both promises resolve', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  let offers = 0
  b.on('advertise', ({ keys }) => {
    offers += keys.length
  })
  takeAll(b)
  const [first, second] = [a.share(core), a.share([core, core])]
  expect((await first.accepted).map(hex)).toEqual([hex(core)])
  expect((await second.accepted).map(hex)).toEqual([hex(core)])
  expect((await a.share(core).accepted).map(hex)).toEqual([hex(core)])
  expect(offers).toBe(1)
  a.destroy()
})

test('a share that is withdrawn before its answer rejects with ERR_WITHDRAWN, and the peer hears of it', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const offered = nextOffer(b)
  const share = a.share(core)
  const { offer, accept } = await offered
  const withdrawn = happens(b, 'withdraw')
  share.withdraw()
  await expect(share.accepted).rejects.toMatchObject({ code: 'ERR_WITHDRAWN' })
  const [{ key, namespace }] = await withdrawn
  expect([hex(key), namespace]).toEqual([hex(core), null])
  accept(null, [hypercore(memory, offer.keys[0])])
  expect(b.why(core.key).code).toBe('withdrawn')
  a.destroy()
})

test('a share that is withdrawn while its core opens is never offered', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const offers: string[] = []
  b.on('advertise', ({ keys }, accept) => {
    offers.push(...keys.map(hex))
    accept(null, [])
  })
  const share = a.share(core)
  share.withdraw()
  await expect(share.accepted).rejects.toMatchObject({ code: 'ERR_WITHDRAWN' })
  const other = await writer(1)
  await a.share(other).accepted
  expect(offers).toEqual([hex(other)])
  a.destroy()
})

test('share after the end never throws: accepted rejects with ERR_CLOSED', async () => {
  const [a, b] = await openSessions()
  const core = await writer(1)
  const pending = b.share({ key: core.key, ready() {}, replicate() {} })
  a.end()
  await Promise.all([a.closed, b.closed])
  for (const share of [a.share(core), b.share([core]), pending]) {
    await expect(share.accepted).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    share.withdraw()
  }
  a.unshare(core)
  a.update(core, {})
  await expect(a.synced()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('a core whose key is not known before it opens is shared by the key that it gets', async () => {
  const [a, b] = sessions()
  const core = hypercore(memory)
  const taken = takeAll(b)
  const share = a.share(core)
  a.pipe(b.stream)
  await ready(core)
  expect((await share.accepted)[0]).toBe(core.key)
  await Promise.all([a.closed, b.closed])
  expect(copyOf(taken, core)).toBeDefined()
})
