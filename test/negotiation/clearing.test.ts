import { expect, test } from 'vitest'
import { agreeOnAll, connect, feed, settle } from './side.ts'

/** An offer of 20 blocks that is with the accept handler. */
function offered() {
  const [a, b] = connect()
  a.share([feed(1, 20)])
  settle(a, b)
  return { a, b, states: [a.negotiation.state, b.negotiation.state] as const }
}

test('blocks cleared before the answer: nobody waits for them', () => {
  const { a, b } = offered()
  a.grew(1, 10)
  expect(a.messages('length')).toEqual([])
  b.answer(0, [true])
  settle(a, b)
  expect(a.messages('length')).toEqual([{ type: 'length', offers: [{ id: 0, lengths: [10] }] }])
  expect(b.all('target').map(({ lengths }) => lengths)).toEqual([[20], [10]])
  b.downloaded(1, 10)
  settle(a, b)
  for (const side of [a, b]) expect(side.all('finished')).toHaveLength(1)
})

test('blocks cleared after the answer: nobody waits for them', () => {
  const { a, b, states } = offered()
  b.answer(0, [true])
  settle(a, b)
  b.downloaded(1, 10)
  settle(a, b)
  expect(states.map((state) => state.pendingUploads + state.pendingDownloads)).toEqual([1, 1])
  a.grew(1, 10)
  settle(a, b)
  for (const side of [a, b]) expect(side.all('finished')).toHaveLength(1)
})

test('what grows again after it was cleared is told, but nobody stays for it', () => {
  const { a, b, states } = offered()
  b.answer(0, [true])
  settle(a, b)
  for (const length of [10, 30]) a.grew(1, length)
  settle(a, b)
  expect(a.messages('length').map(({ offers }) => offers[0]?.lengths)).toEqual([[10], [30]])
  expect([states[0].outgoing.get(0)?.stated, states[1].incoming.get(0)?.required]).toEqual([[10], [10]])
})

test('a core whose feeds are not all known for a moment takes nothing back', () => {
  const [a, b] = connect({ live: true })
  a.share([{ ...feed(1), lengths: [3, 7] }])
  agreeOnAll(a, b)
  a.grew(1, 3)
  a.handle({ type: 'grew', feeds: [{ key: feed(1).key, lengths: [] }] })
  expect(a.messages('length')).toEqual([])
})

test('a sync does not wait for blocks that were cleared after the question', () => {
  const { a, b } = offered()
  b.answer(0, [true])
  settle(a, b)
  for (const side of [a, b]) side.handle({ type: 'await-sync', waiter: 1, filter: {} })
  b.downloaded(1, 10)
  a.grew(1, 10)
  settle(a, b)
  for (const side of [a, b]) expect(side.all('synced')).toHaveLength(1)
})

test('that blocks are here need not be told to a peer that says to have them; that some are gone is', () => {
  const [a, b] = connect({ live: true })
  a.share([feed(1, 1)])
  agreeOnAll(a, b)
  const lengths = () => a.messages('length').map(({ offers }) => offers[0]?.lengths)
  b.downloaded(1, 3)
  settle(a, b)
  a.grew(1, 2)
  a.grew(1, 3)
  expect(lengths()).toEqual([])
  for (const side of [a, b]) expect(side.all('sync').length).toBeGreaterThan(1)
  a.grew(1, 4)
  a.grew(1, 3)
  expect(lengths()).toEqual([[4], [3]])
})
