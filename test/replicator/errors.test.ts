import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import type { CoreStore } from '../../src/replicator/core-store.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import type { Header } from '../../src/wire/messages.ts'
import { reader, writer } from '../helpers/cores.ts'
import { sessions, uncaughtErrors } from '../helpers/sessions.ts'
import { faultyMemory, hex, until } from '../helpers/sharing.ts'
import { connect, connected, heardBy, problemsOf, replicator, sharing, taking } from './peers.ts'

const boom = () => {
  throw new Error('boom')
}
const reject = async () => boom()
const never = () => new Promise<never>(() => {})

for (const [how, fails] of [
  ['throws', boom],
  ['rejects', reject],
] as const) {
  test(`a store whose method ${how} costs the feed it was asked about, and is named`, async () => {
    const [good, bad] = [await writer(1), await writer(1)]
    const only = (question: { key: Buffer }) => (question.key.equals(bad.key) ? fails() : undefined)
    const sides: [string, CoreStore, CoreStore][] = [
      ['describe', { name: 'mine', describe: only }, {}],
      ['hold', { name: 'mine', hold: only }, {}],
      ['reject', {}, { name: 'mine', reject: only }],
      ['store', {}, { name: 'mine', store: only }],
      ['resolve', {}, { name: 'mine', resolve: (key) => only({ key }) }],
    ]
    for (const [method, ofA, ofB] of sides) {
      const [a, b] = [replicator(), replicator()]
      const problems = problemsOf(method in ofA ? a : b)
      const copies = taking()
      a.use(sharing(good, bad))
      if (method in ofA) a.use(ofA)
      else b.use(ofB)
      b.use(copies)
      connect(a, b)
      await Promise.all([a.synced(), b.synced()])
      const took = ['store', 'resolve'].includes(method) ? [hex(good), hex(bad)] : [hex(good)]
      expect([...copies.copies.keys()].toSorted(), method).toEqual(took.toSorted())
      expect(problems, method).toEqual([
        { code: 'ERR_STORE_FAILED', message: expect.stringContaining('"mine": boom.'), key: hex(bad) },
      ])
    }
  })

  test(`a store whose share, mounted or close ${how} costs nobody else`, async () => {
    const core = await writer(1)
    const [a, b] = [replicator(), replicator()]
    const problems = problemsOf(a)
    a.use({ name: 'broken', share: fails, mounted: fails, close: fails })
    a.use(sharing(core))
    const heard = heardBy(b)
    connect(a, b)
    await b.synced()
    expect(heard.keys).toEqual([hex(core)])
    await a.close()
    expect(problems.map(({ code, message }) => [code, message.slice(0, 24)])).toEqual(
      Array.from({ length: 3 }, () => ['ERR_STORE_FAILED', 'The store "broken": boom']),
    )
  })
}

test('an iterable that fails half way has given what came before', async () => {
  const cores = [await writer(1), await writer(1)]
  const [a, b] = [replicator({ storeTimeout: 20 }), replicator()]
  const problems = problemsOf(a)
  const heard = heardBy(b)
  a.use({
    *share() {
      yield cores[0]
      boom()
    },
  })
  a.use({
    async *share() {
      yield cores[1]
      await never()
    },
  })
  connect(a, b)
  await b.synced()
  expect(heard.keys.toSorted()).toEqual(cores.map(hex).toSorted())
  expect(problems.map(({ code }) => code).toSorted()).toEqual(['ERR_STORE_FAILED', 'ERR_STORE_TIMEOUT'])
})

test('a store that never answers holds up its own feeds only', async () => {
  const [good, bad] = [await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator({ storeTimeout: 300 })]
  const problems = problemsOf(b)
  const copies = taking()
  a.use(sharing(good, bad))
  b.use({ name: 'mute', reject: ({ key }) => (key.equals(bad.key) ? never() : false) })
  b.use(copies)
  connect(a, b)
  await until(() => b.why(good.key).code === 'synced')
  expect(problems).toEqual([])
  await until(() => problems.length > 0)
  expect(problems).toEqual([
    { code: 'ERR_STORE_TIMEOUT', message: expect.stringContaining('"mute"'), key: hex(bad) },
  ])
  expect([...copies.copies.keys()]).toEqual([hex(good)])
})

test('a store that never describes holds up its own feeds only', async () => {
  const [good, bad] = [await writer(1), await writer(1)]
  const [a, b] = [replicator({ storeTimeout: 300 }), replicator()]
  const problems = problemsOf(a)
  a.use({ describe: ({ key }) => (key.equals(bad.key) ? never() : { fine: true }) })
  a.use(sharing(good, bad))
  const heard = heardBy(b)
  connect(a, b)
  await until(() => heard.keys.length > 0)
  expect(problems).toEqual([])
  await b.synced()
  expect(heard.keys).toEqual([hex(good)])
  expect(problems).toMatchObject([{ code: 'ERR_STORE_TIMEOUT', key: hex(bad) }])
})

test('a store that gives something else than was asked for costs that feed', async () => {
  const [good, wrong, number, header] = [await writer(1), await writer(1), await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  const [atA, atB] = [problemsOf(a), problemsOf(b)]
  a.use(sharing(good, wrong, number, header))
  a.use({ describe: ({ key }) => (key.equals(header.key) ? ({ bad: (() => {}) as never } as Header) : {}) })
  a.use({ share: () => [7 as never, Buffer.alloc(3)] })
  a.use({ share: () => 7 as never })
  b.use({
    store({ key }) {
      if (key.equals(wrong.key)) return reader(Buffer.alloc(32, 5))
      return key.equals(number.key) ? (7 as never) : reader(key)
    },
  })
  connect(a, b)
  await b.synced()
  expect(b.cores.map(hex)).toEqual([hex(good)])
  expect(atA.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'ERR_STORE_FAILED'))
  expect(atB.map(({ code, key }) => [code, key]).toSorted()).toEqual(
    [
      ['ERR_STORE_FAILED', hex(wrong)],
      ['ERR_STORE_FAILED', hex(number)],
    ].toSorted(),
  )
})

test('headers that are too large together cost their feed', async () => {
  const [good, bad] = [await writer(1), await writer(1)]
  const [a, b] = [replicator(), replicator()]
  const problems = problemsOf(a)
  const large = 'x'.repeat(3000)
  a.use({ describe: ({ key }) => (key.equals(bad.key) ? ({ one: large } as Header) : {}) })
  a.use({ describe: ({ key }) => (key.equals(bad.key) ? ({ two: large } as Header) : {}) })
  a.use(sharing(good, bad))
  const heard = heardBy(b)
  connect(a, b)
  await b.synced()
  expect(heard.keys).toEqual([hex(good)])
  expect(problems).toMatchObject([{ code: 'ERR_BAD_HEADER', key: hex(bad) }])
})

test('a core that fails to open costs that core, and never the process', async () => {
  const uncaught = uncaughtErrors()
  const good = await writer(1)
  const faulty = () => hypercore(faultyMemory({ open: new Error('no disk') }, 'key'), Buffer.alloc(32, 6))
  const [a, b] = [replicator(), replicator()]
  const [atA, atB] = [problemsOf(a), problemsOf(b)]
  const copies = taking()
  a.use({ share: () => [faulty(), good] })
  b.use({
    store: ({ key }) =>
      key.equals(good.key) ? undefined : hypercore(faultyMemory({ open: new Error('full') }), key),
  })
  b.use(copies)
  const sick = await writer(2)
  a.use(sharing(sick))
  connect(a, b)
  await until(() => b.why(good.key).code === 'synced' && atB.length > 0 && atA.length > 0)
  expect(atA[0]).toMatchObject({ code: 'ERR_CORE_FAILED' })
  expect(atB[0]).toMatchObject({ code: 'ERR_CORE_FAILED', key: hex(sick) })
  expect([...copies.copies.keys()]).toEqual([hex(good)])
  await Promise.all([a.close(), b.close()])
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

test('what a peer asks for again in a form that makes no sense is a problem', async () => {
  const [a, b] = [replicator(), replicator()]
  const problems = problemsOf(b)
  const [atA] = await connected(a, b)
  expect(() => atA.registerExtension('replic8/again')).toThrow('registered already')
  expect(() => a.registerExtension('replic8/again')).toThrow('registered already')
  const [stranger] = sessions({ live: true })
  const [near, far] = memoryPair()
  stranger.pipe(near)
  b.connect(far)
  const again = stranger.registerExtension<unknown>('replic8/again', { encoding: 'json' })
  for (const message of [null, 7, {}, { namespace: null, keys: ['zz'] }, { namespace: 7, keys: [] }])
    again.send(message)
  again.send({ namespace: null, keys: [hex(Buffer.alloc(32))] })
  await until(() => problems.length === 5)
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['ERR_HANDLER_FAILED']))
})
