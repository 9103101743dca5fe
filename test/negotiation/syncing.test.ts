import { describe, expect, test } from 'vitest'
import type { SyncFilter } from '../../src/negotiation/events.ts'
import { agreeOnAll, connect, deliver, feed, keyOf, Side, settle } from './side.ts'

const key = keyOf(1)
const wait = (side: Side, filter: SyncFilter = {}, waiter = 1) =>
  side.handle({ type: 'await-sync', waiter, filter })
const answers = (side: Side) => [...side.all('synced'), ...side.all('sync-failed')]
const synced = (feeds: unknown[], waiter = 1) => [{ type: 'synced', waiter, feeds }]
const row = { key, namespace: null, lengths: [3] }

describe('waiting for sync', () => {
  test('is answered at once when all is caught up already', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    agreeOnAll(a, b)
    wait(a)
    wait(b)
    expect(answers(a)).toEqual(synced([{ ...row, direction: 'out' }]))
    expect(answers(b)).toEqual(synced([{ ...row, direction: 'in' }]))
  })

  test('is answered with nothing when nothing was offered', () => {
    const [a] = connect()
    wait(a)
    expect(answers(a)).toEqual(synced([]))
  })

  test('is not answered before the peer has sent its whole first batch', () => {
    const early = new Side()
    const peer = new Side()
    const slow = peer.open([feed(1)])
    wait(early)
    peer.hear(early.hello)
    early.hear(peer.hello)
    deliver(peer, early, 1)
    expect(answers(early)).toEqual([])
    peer.ready(slow, [feed(1)])
    for (const message of peer.sent) early.hear(message)
    expect(early.negotiation.state.peerBatchEnd).toBe(1)
    expect(answers(early), 'the batch is there, its answer is not').toEqual([])
    early.answer(0, [true])
    expect(answers(early)).toEqual([])
    early.downloaded(1, 3)
    expect(answers(early)).toEqual(synced([{ ...row, direction: 'in' }]))
  })

  test('is not answered before the own shares made until then are answered', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    wait(a)
    a.ready(share, [feed(1)])
    settle(a, b)
    expect(answers(a)).toEqual([])
    b.answer(0, [true])
    settle(a, b)
    expect(answers(a)).toEqual([])
    b.downloaded(1, 3)
    settle(a, b)
    expect(answers(a)).toEqual(synced([{ ...row, direction: 'out' }]))
  })

  test('is not answered before the offers received until then are answered', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    wait(b)
    expect(answers(b)).toEqual([])
    b.answer(0, [false])
    expect(answers(b)).toEqual(synced([]))
  })

  test('does not wait for offers that come later', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    wait(b)
    a.share([feed(2)])
    settle(a, b)
    b.answer(0, [true])
    b.downloaded(1, 3)
    expect(answers(b)).toEqual(synced([{ ...row, direction: 'in' }]))
  })

  test('waits for the lengths of that moment, not for later growth', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.grew(1, 5)
    wait(a)
    a.grew(1, 9)
    settle(a, b)
    b.downloaded(1, 5)
    settle(a, b)
    expect(answers(a)).toEqual(synced([{ ...row, lengths: [5], direction: 'out' }]))
  })

  test('leaves out what was taken back meanwhile', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1), feed(2)])
    settle(a, b)
    b.answer(0, [true, true])
    wait(b)
    b.downloaded(1, 3)
    a.unshare(2)
    settle(a, b)
    expect(answers(b)).toEqual(synced([{ ...row, direction: 'in' }]))
  })

  test('several can wait, and one that is forgotten is not answered', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    for (const waiter of [1, 2, 3]) wait(a, {}, waiter)
    a.handle({ type: 'forget-sync', waiter: 2 })
    agreeOnAll(a, b)
    expect(a.all('synced').map(({ waiter }) => waiter)).toEqual([1, 3])
  })

  test('is answered before the session says that it is over', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    wait(a)
    agreeOnAll(a, b)
    expect(a.effects.slice(-2).map(({ type }) => type)).toEqual(['synced', 'finished'])
  })
})

describe('waiting for a part', () => {
  test.each<[string, SyncFilter, string[]]>([
    ['a namespace', { namespace: 'music' }, ['music 1 in', 'music 2 in']],
    ['no namespace', { namespace: null }, ['null 1 in', 'null 1 out']],
    ['keys', { keys: [keyOf(2)] }, ['music 2 in']],
    ['a direction', { direction: 'out' }, ['null 1 out']],
    ['all of it', { namespace: null, keys: [key], direction: 'in' }, ['null 1 in']],
  ])('%s', (_, filter, expected) => {
    const [a, b] = connect({ live: true })
    a.share([feed(1), feed(2)], 'music')
    a.share([feed(1)])
    b.share([feed(1)])
    agreeOnAll(a, b)
    wait(b, filter)
    const [answer] = b.all('synced')
    const rows = answer?.feeds.map((one) => `${one.namespace} ${Number(`0x${one.key}`)} ${one.direction}`)
    expect(rows?.sort()).toEqual(expected)
  })

  test('what is not asked for may be behind', () => {
    const [a, b] = connect()
    a.share([feed(1), feed(2)])
    settle(a, b)
    b.answer(0, [true, true])
    b.downloaded(1, 3)
    wait(b, { keys: [key] })
    expect(answers(b)).toHaveLength(1)
    wait(b, { keys: [key, keyOf(2)] }, 2)
    expect(answers(b)).toHaveLength(1)
  })

  test('a key whose offer came after the question: its answer decides', () => {
    const [a, b] = connect({ live: true })
    const slow = b.open([feed(9)])
    wait(b, { keys: [key] })
    a.share([feed(1)])
    settle(a, b)
    b.ready(slow, [])
    expect(answers(b)).toEqual([])
    b.answer(0, [true])
    b.downloaded(1, 3)
    expect(answers(b)).toEqual(synced([{ ...row, direction: 'in' }]))
  })
})

describe('waiting for what can no longer happen fails', () => {
  test('when the key was not offered, or not in this namespace or direction', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    agreeOnAll(a, b)
    const filters: SyncFilter[] = [
      { keys: [keyOf(2)] },
      { keys: [key], namespace: 'music' },
      { keys: [key], direction: 'in' },
    ]
    for (const filter of filters) wait(a, filter)
    const failed = { type: 'sync-failed', waiter: 1, code: 'ERR_NOT_OFFERED' }
    expect(answers(a)).toEqual([
      { ...failed, key: keyOf(2) },
      { ...failed, key },
      { ...failed, key },
    ])
  })

  test('when the key was declined', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    wait(a, { keys: [key] })
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    expect(answers(a)).toEqual([{ type: 'sync-failed', waiter: 1, code: 'ERR_DECLINED', key }])
  })

  test('when the key was withdrawn, before or after the question', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    wait(b, { keys: [key] }, 1)
    a.unshare(1)
    settle(a, b)
    wait(b, { keys: [key] }, 2)
    const failed = { type: 'sync-failed', code: 'ERR_WITHDRAWN', key }
    expect(answers(b)).toEqual([
      { ...failed, waiter: 1 },
      { ...failed, waiter: 2 },
    ])
  })

  test.each([
    ['core-failed', 'ERR_CORE_FAILED'],
    ['core-closed', 'ERR_CORE_CLOSED'],
  ] as const)('when a core is gone (%s), at both ends, whether it was asked for or not', (reason, code) => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    settle(a, b)
    wait(a)
    wait(b, { keys: [key] })
    b.handle({ type: 'failed', key, reason })
    settle(a, b)
    for (const side of [a, b]) expect(answers(side)).toEqual([{ type: 'sync-failed', waiter: 1, code, key }])
  })

  test('when one that was caught up already is gone before the others are', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1), feed(2)])
    settle(a, b)
    b.answer(0, [true, true])
    settle(a, b)
    wait(b, { keys: [key, keyOf(2)] })
    b.downloaded(1, 3)
    expect(answers(b)).toEqual([])
    b.handle({ type: 'failed', key, reason: 'core-closed' })
    expect(answers(b)).toEqual([{ type: 'sync-failed', waiter: 1, code: 'ERR_CORE_CLOSED', key }])
  })
})
