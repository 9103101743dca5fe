import { expect, test } from 'vitest'
import type { CoreStore } from '../../src/replicator/core-store.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { append, blocks, reader, writer } from '../helpers/cores.ts'
import { encryptionKey, outcomes, sessions, socketPair, turn } from '../helpers/sessions.ts'
import { hex, takeAll, until } from '../helpers/sharing.ts'
import { connect, connected, heardBy, problemsOf, replicator, sharing, taking, told } from './peers.ts'

test('stores are asked in their order: the last mounted first to share, the first mounted first to take', async () => {
  const core = await writer(1)
  const asked: string[] = []
  const store = (name: string): CoreStore => ({
    share: ({ namespace, peer }) => {
      asked.push(`${name} share ${namespace} ${peer.publicKey.length} ${peer.session.isOpen}`)
      return name === 'second' ? [core.key] : []
    },
    resolve: (key) => {
      asked.push(`${name} resolve`)
      return name === 'first' && key.equals(core.key) ? core : null
    },
    describe: ({ header }) => {
      asked.push(`${name} describe ${JSON.stringify(header)}`)
      return { [name]: true }
    },
    hold: ({ header }) => {
      asked.push(`${name} hold ${JSON.stringify(header)}`)
      return false
    },
  })
  const taker = (name: string): CoreStore => ({
    reject: ({ header, key }) => {
      asked.push(`${name} reject ${JSON.stringify(header)} ${key.equals(core.key)}`)
      return false
    },
    resolve: () => {
      asked.push(`${name} resolve`)
      return null
    },
    store: async ({ key }) => {
      asked.push(`${name} store`)
      return name === 'front' ? null : reader(key)
    },
  })
  const [a, b] = [replicator(), replicator()]
  a.use(store('first'))
  a.use(store('second'))
  b.use(taker('middle'))
  b.prepend(taker('front'))
  b.use(taker('back'))
  connect(a, b)
  await Promise.all([a.synced(), b.synced()])
  expect(asked).toEqual([
    'second share null 32 true',
    'first share null 32 true',
    'second resolve',
    'first resolve',
    'second describe {}',
    'first describe {"second":true}',
    'second hold {"second":true,"first":true}',
    'first hold {"second":true,"first":true}',
    'front reject {"second":true,"first":true} true',
    'middle reject {"second":true,"first":true} true',
    'back reject {"second":true,"first":true} true',
    'back resolve',
    'middle resolve',
    'front resolve',
    'front store',
    'middle store',
  ])
})

test("a store in '*' serves every namespace, one in none only what has none", async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  for (const namespace of [null, 'x', 'y']) a.use(namespace, sharing(core))
  const asked = new Map<string, (string | null)[]>([
    ['none', []],
    ['x', []],
    ['every', []],
  ])
  const hear = (name: string): CoreStore => ({
    reject: ({ namespace }) => void asked.get(name)?.push(namespace),
  })
  b.use(hear('none'))
  b.use('x', hear('x'))
  b.use('*', hear('every'))
  connect(a, b)
  await b.synced()
  expect(asked.get('none')).toEqual([null])
  expect(asked.get('x')).toEqual(['x'])
  expect(asked.get('every')?.toSorted()).toEqual([null, 'x', 'y'].toSorted())
})

test('a store shares an iterable, an async iterable, keys or one core', async () => {
  const cores = await Promise.all(Array.from({ length: 6 }, () => writer(1)))
  const [a, b] = [replicator(), replicator()]
  const heard = heardBy(b)
  a.use({ share: () => new Set([cores[0]]) })
  a.use({
    *share() {
      yield cores[1]
    },
  })
  a.use({
    async *share() {
      yield cores[2]
      await turn()
      yield cores[3].key
    },
    resolve: (key) => cores.find((core) => core.key.equals(key)),
  })
  a.use({ share: (async () => cores[4]) as never })
  a.use({ share: () => cores[5].key })
  connect(a, b)
  await b.synced()
  expect(heard.keys.toSorted()).toEqual(cores.map(hex).toSorted())
})

test('the application takes feeds by its own handler, which goes before the stores', async () => {
  const core = await writer(2)
  const [a, b, c] = [replicator(), replicator(), replicator()]
  a.use(sharing(core))
  const mine = reader(core.key)
  const store = taking()
  b.use(store)
  b.on('advertise', async (_offer, accept) => {
    await turn()
    accept(null, [mine])
  })
  c.on(
    'advertise',
    (offer, accept) =>
      void setImmediate(() =>
        accept(
          null,
          offer.keys.map((key) => reader(key)),
        ),
      ),
  )
  connect(a, b)
  connect(a, c)
  await Promise.all([b.synced(), c.synced()])
  expect(await blocks(mine)).toEqual(['block 0', 'block 1'])
  expect(store.copies.size).toBe(0)
  expect(b.get(core.key)).toBe(mine)
  expect(c.cores).toHaveLength(1)
})

test('both ends hold the feed: each gets what the other has more', async () => {
  const core = await writer(3)
  const copy = reader(core.key)
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(core))
  b.use(sharing(copy))
  connect(a, b)
  await b.synced()
  await until(() => copy.downloaded() === 3)
  expect(b.cores).toEqual([copy])
})

test('a replicator talks to a plain session over a socket', async () => {
  const [mine, theirs] = [await writer(2), await writer(3)]
  const a = replicator()
  const store = taking()
  a.use(sharing(mine))
  a.use(store)
  const [session] = sessions({ live: true })
  const taken = takeAll(session)
  session.share(theirs)
  const [near, far] = await socketPair()
  a.connect(near)
  session.pipe(far)
  await Promise.all([a.synced(), session.synced()])
  expect(await blocks(taken.get(hex(mine)))).toHaveLength(2)
  expect(await blocks(store.copies.get(hex(theirs)))).toHaveLength(3)
  session.end()
  await session.closed
})

test('one-shot: the sessions end by themselves, also where only one side has anything', async () => {
  const core = await writer(4)
  const [a, b] = [replicator(), replicator()]
  const store = taking()
  a.use({
    share: async () => {
      await turn()
      return [core]
    },
  })
  b.use(store)
  const [near, far] = await socketPair()
  const pair = [a.connect(near, { live: false }), b.connect(far, { live: false })]
  expect(await outcomes(...pair)).toEqual(['clean', 'clean'])
  expect(await blocks(store.copies.get(hex(core)))).toHaveLength(4)
  expect([a.sessions, b.sessions]).toEqual([[], []])
})

test('events carry the session that they come from; once and off are heeded', async () => {
  const core = await writer(1)
  const [a, b] = [replicator(), replicator()]
  b.use(taking())
  const names: string[] = []
  const never = () => names.push('never')
  b.on('sync', never).off('sync', never)
  b.once('session', () => names.push('once'))
  const opened = told(b, 'session')
  const [atA, atB] = connect(a, b)
  expect(await opened).toEqual([atB])
  const [core1, info, from] = await Promise.all([
    told(b, 'core'),
    Promise.resolve(a.announce(null, core)),
  ]).then(([args]) => args)
  expect(from).toBe(atB)
  expect(info).toEqual({ key: core.key, namespace: null })
  expect(b.cores).toEqual([core1])
  const progress = told(b, 'progress', (_info, session) => session === atB)
  await append(core, 'more')
  await progress
  const closed = told(b, 'close')
  atA.end()
  expect(await closed).toEqual([undefined, atB])
  expect(names).toEqual(['once'])
})

test('what a handler throws or rejects with is a problem', async () => {
  const [a, b] = [replicator(), replicator()]
  const problems = problemsOf(b)
  b.on('session', () => {
    throw new Error('thrown')
  })
  b.on('session', async () => {
    throw new Error('rejected')
  })
  b.on('problem', () => {
    throw new Error('in the handler of problems')
  })
  await connected(a, b)
  await until(() => problems.length === 2)
  expect(problems.map(({ code }) => code)).toEqual(['ERR_HANDLER_FAILED', 'ERR_HANDLER_FAILED'])
})

test('bad arguments are refused at once', () => {
  const bad = (code: string) => expect.objectContaining({ code })
  expect(() => new Replicator('short')).toThrow(bad('ERR_BAD_KEY'))
  expect(() => new Replicator(encryptionKey, { storeTimeout: -1 })).toThrow(bad('ERR_BAD_OPTION'))
  expect(() => new Replicator(encryptionKey, { live: 'yes' as never })).toThrow(bad('ERR_BAD_OPTION'))
  const a = replicator()
  expect(() => a.use({})).toThrow(bad('ERR_BAD_ARGUMENT'))
  expect(() => a.use(7 as never, sharing())).toThrow(bad('ERR_BAD_ARGUMENT'))
  expect(() => a.connect(7)).toThrow(bad('ERR_BAD_ARGUMENT'))
  expect(() => a.why('zz')).toThrow(bad('ERR_BAD_ARGUMENT'))
  expect(() => a.on('sync', 7 as never)).toThrow(bad('ERR_BAD_ARGUMENT'))
})
