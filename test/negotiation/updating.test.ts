import { describe, expect, test } from 'vitest'
import { agreeOnAll, connect, feed, keyOf, settle } from './side.ts'

const key = keyOf(1)

describe('a new header', () => {
  test('before the offer is handed out: the accept handler sees only the new one', () => {
    const [a, b] = connect()
    const slow = b.open([feed(9)])
    a.share([feed(1, 3, { v: 1 })])
    a.update(1, { v: 2 })
    settle(a, b)
    b.ready(slow, [])
    expect(b.all('advertise')).toMatchObject([{ headers: [{ v: 2 }] }])
    expect(b.all('updated')).toEqual([])
  })

  test('after the offer was handed out: the peer is told', () => {
    const [a, b] = connect()
    a.share([feed(1, 3, { v: 1 })], 'music')
    settle(a, b)
    a.update(1, { v: 2 }, 'music')
    settle(a, b)
    expect(b.all('updated')).toEqual([{ type: 'updated', key, namespace: 'music', header: { v: 2 } }])
  })

  test('while the offer waits to be sent: it is sent with it', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    a.share([feed(9), feed(1, 3, { v: 1 })])
    a.update(1, { v: 2 })
    agreeOnAll(a, b)
    expect(a.messages('update')).toEqual([])
    expect(b.all('advertise').at(-1)).toMatchObject({ headers: [{ v: 2 }] })
  })

  test('while the core is still being opened: the offer is made with it', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    a.update(1, { v: 2 })
    a.ready(share, [feed(1, 3, { v: 1 })])
    settle(a, b)
    expect(b.all('advertise')).toMatchObject([{ headers: [{ v: 2 }] }])
  })

  test('of what is not shared, in another namespace, or declined: nothing happens', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    for (const effects of [a.update(1, {}), a.update(1, {}, 'music'), a.update(2, {})])
      expect(effects).toEqual([])
  })
})

describe('growing cores', () => {
  test('the peer that took a feed is told its new length, once, and gets a new target', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    agreeOnAll(a, b)
    a.clear()
    b.clear()
    a.grew(1, 5)
    a.grew(1, 5)
    settle(a, b)
    expect(a.sent).toEqual([{ type: 'length', offers: [{ id: 0, lengths: [5] }] }])
    expect(b.effects).toEqual([{ type: 'target', key, lengths: [5] }])
  })

  test('a peer that has not answered yet hears of it when it takes the feed', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    settle(a, b)
    a.grew(1, 5)
    expect(a.messages('length')).toEqual([])
    b.answer(0, [true])
    settle(a, b)
    expect(b.all('target').map(({ lengths }) => lengths)).toEqual([[3], [5]])
  })

  test('a peer that declined never hears of it', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    settle(a, b)
    a.grew(1, 5)
    b.answer(0, [false])
    settle(a, b)
    a.grew(1, 6)
    expect(a.messages('length')).toEqual([])
  })

  test('growth before the offer is sent is in the offer', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    a.share([feed(9), feed(1, 3)])
    a.grew(1, 5)
    agreeOnAll(a, b)
    expect(a.messages('offer').at(-1)).toMatchObject({ lengths: [[5]] })
    expect(a.messages('length')).toEqual([])
  })

  test('an older offer that is accepted after a newer one does not lower the target', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    a.grew(1, 5)
    a.share([feed(1, 5)], 'music')
    settle(a, b)
    b.answer(1, [true])
    b.answer(0, [true])
    expect(b.all('target').map(({ lengths }) => lengths)).toEqual([[5], [5]])
  })

  test('structures are caught up when all their cores are', () => {
    const [a, b] = connect()
    a.share([{ key, header: {}, lengths: [2, 4] }])
    settle(a, b)
    b.answer(0, [true])
    b.handle({ type: 'downloaded', feeds: [{ key, lengths: [2, 3] }] })
    expect(b.all('sync')).toEqual([])
    b.handle({ type: 'downloaded', feeds: [{ key, lengths: [2, 4] }] })
    expect(b.all('sync')).toHaveLength(1)
  })

  test('the offering side is told once in each namespace what its peer has', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    a.share([feed(1)], 'music')
    settle(a, b)
    b.answer(0, [true])
    b.answer(1, [true])
    b.downloaded(1, 3)
    expect(b.downloaded(1, 3)).toEqual([])
    const asOffered = [{ from: 0, count: 2 }]
    expect(b.messages('caught-up')).toEqual([{ type: 'caught-up', offers: [], asOffered }])
    expect(b.downloaded(7, 3)).toEqual([])
  })
})

describe('a feed becomes caught up', () => {
  test('at both ends, and again each time after it has grown', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    agreeOnAll(a, b)
    for (const length of [5, 8]) {
      a.grew(1, length)
      agreeOnAll(a, b)
    }
    for (const side of [a, b]) expect(side.all('sync')).toEqual(Array(3).fill({ type: 'sync', key }))
  })

  test('also when it is empty', () => {
    const [a, b] = connect()
    a.share([feed(1, 0)])
    agreeOnAll(a, b)
    for (const side of [a, b]) expect(side.all('sync')).toHaveLength(1)
  })

  test('when the agreement that was behind is taken back', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    agreeOnAll(a, b)
    b.share([feed(1, 9)])
    settle(a, b)
    a.answer(0, [true])
    settle(a, b)
    expect(a.negotiation.state.feeds.get(key)?.synced).toBe(false)
    b.unshare(1)
    settle(a, b)
    for (const side of [a, b]) expect(side.all('sync')).toHaveLength(2)
  })

  test('no sooner than its last agreement is', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    b.share([feed(1, 5)])
    settle(a, b)
    a.answer(0, [true])
    b.answer(0, [true])
    settle(a, b)
    b.downloaded(1, 5)
    settle(a, b)
    for (const side of [a, b]) expect(side.all('sync')).toEqual([])
    a.downloaded(1, 5)
    settle(a, b)
    for (const side of [a, b]) expect(side.all('sync')).toHaveLength(1)
  })
})
