import { expect, test } from 'vitest'
import type { Effect } from '../../src/negotiation/events.ts'
import { EffectQueue } from '../../src/session/effect-queue.ts'
import { append, blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { expectAlive, openSessions, outcomes } from '../helpers/sessions.ts'
import { copyOf, happens, hex, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

/** Counts how often a core got a channel. */
function channelsOf(core: TestCore) {
  const channels = { opened: 0, closed: 0 }
  core.on('peer-add', () => channels.opened++)
  core.on('peer-remove', () => channels.closed++)
  return channels
}

test('the channel closes at both ends as soon as no agreement stands, and is not opened again', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const taken = takeAll(b)
  await a.share(core).accepted
  await b.synced()
  const copy = copyOf(taken, core)
  const channels = [channelsOf(core), channelsOf(copy)]
  const withdrawn = happens(b, 'withdraw')
  a.unshare(core)
  expect(hex((await withdrawn)[0].key)).toBe(hex(core))
  await append(core, 'unseen')
  await expectAlive(a, b)
  expect(channels).toEqual(Array(2).fill({ opened: 0, closed: 1 }))
  expect(copy.length).toBe(2)
  a.destroy()
})

test('the channel stays the same one while any agreement stands', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(2)
  const copy = reader(core.key)
  for (const namespace of [null, 'films']) takeAll(b, { namespace, make: () => copy })
  takeAll(a, { make: () => core })
  await Promise.all([a.share(core).accepted, a.share('films', core).accepted, b.share(copy).accepted])
  await b.synced()
  const channels = channelsOf(core)
  for (const takeBack of [() => a.unshare(core), () => a.unshare('films', core)]) {
    const withdrawn = happens(b, 'withdraw')
    takeBack()
    await withdrawn
    await append(core, 'more')
    await until(() => copy.length === core.length && copy.downloaded(0, core.length) === core.length)
    expect(channels).toEqual({ opened: 0, closed: 0 })
  }
  b.unshare(copy)
  await happens(a, 'withdraw')
  expect([core.peers.length, copy.peers.length]).toEqual([0, 0])
  a.destroy()
})

test('a hundred times in a row, in the same tick and after a while, with appends between', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = takeAll(b)
  await a.share(core).accepted
  for (let i = 0; i < 100; i++) {
    a.unshare(core)
    const share = a.share(core)
    if (i % 10 === 9) await share.accepted
    if (i % 20 === 19) await append(core, `round ${i}`)
  }
  await append(core, 'the last')
  await until(() => core.length === 7 && copyOf(taken, core).downloaded(0, 7) === 7)
  expect(await blocks(copyOf(taken, core))).toEqual(await blocks(core))
  expect([core.peers.length, copyOf(taken, core).peers.length]).toEqual([1, 1])
  await b.synced()
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('offers and withdrawals of one feed that cross, from both sides in two namespaces', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const copy = reader(core.key)
  for (const namespace of ['one', 'two']) {
    takeAll(a, { namespace, make: () => core })
    takeAll(b, { namespace, make: () => copy })
  }
  const moves: (() => unknown)[] = [
    () => a.share('one', core),
    () => b.share('two', copy),
    () => a.unshare('one', core),
    () => a.share('two', core),
    () => b.unshare('two', copy),
    () => b.share('one', copy),
    () => a.unshare('two', core),
    () => b.unshare('one', copy),
  ]
  // Every move meets the others at every distance: some in the same tick, some a few ticks apart.
  for (let i = 0; i < 200; i++) {
    moves[(i * 5) % moves.length]?.()
    for (let ticks = i % 7; ticks > 0; ticks--) await Promise.resolve()
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const namespace of ['one', 'two']) {
    a.unshare(namespace, core)
    b.unshare(namespace, copy)
  }
  await expectAlive(a, b)
  await until(() => core.peers.length === 0 && copy.peers.length === 0)
  await a.share('one', core).accepted
  await append(core, ['block 1', 'block 2'])
  await until(() => copy.downloaded(0, 3) === 3)
  a.destroy()
})

test('a channel that one side closed before it knew of the next agreement is opened again', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const copy = reader(core.key)
  takeAll(b, { namespace: 'one', make: () => copy })
  await a.share('one', core).accepted
  await b.synced()
  // The answer to the second offer crosses the withdrawal of the first.
  b.on('two', 'advertise', (_offer, accept) => {
    accept(null, [copy])
    a.unshare('one', core)
  })
  expect(await a.share('two', core).accepted).toHaveLength(1)
  await append(core, ['block 1', 'block 2'])
  await until(() => copy.downloaded(0, 3) === 3)
  a.destroy()
})

test('a core that is taken back before its answer comes is not replicated', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const copy = reader(core.key)
  b.on('advertise', (_offer, accept) => {
    a.unshare(core)
    accept(null, [copy])
  })
  await expect(a.share(core).accepted).rejects.toMatchObject({ code: 'ERR_WITHDRAWN' })
  await expectAlive(a, b)
  await until(() => core.peers.length === 0 && copy.peers.length === 0)
  expect([a, b].map((session) => session.why(core.key).code)).toEqual(['withdrawn', 'withdrawn'])
  a.destroy()
})

test('the peer is told before a channel closes, and the session ends after both', () => {
  const order: string[] = []
  const queue = new EffectQueue(
    (effect) => order.push(effect.type),
    () => false,
  )
  const withdraw: Effect = { type: 'send', message: { type: 'withdraw', offers: [] } }
  queue.add([{ type: 'close-feed', key: 'k' }, withdraw, { type: 'finished' }])
  expect(order).toEqual(['send', 'close-feed', 'finished'])
})

test('what an effect leads to is carried out after all that came with it', () => {
  const order: string[] = []
  const queue = new EffectQueue(
    (effect) => {
      const { key } = effect as { key: string }
      order.push(key)
      if (key === 'one') queue.add([{ type: 'sync', key: 'nested' }])
    },
    () => order.length === 3,
  )
  queue.add(['one', 'two'].map((key): Effect => ({ type: 'sync', key })))
  expect(order).toEqual(['one', 'two', 'nested'])
  queue.add([{ type: 'sync', key: 'after the end' }])
  expect(order).toHaveLength(3)
})
