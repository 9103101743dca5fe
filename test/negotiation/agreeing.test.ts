import { describe, expect, test } from 'vitest'
import { agreeOnAll, connect, deliver, feed, keyOf, Side, settle } from './side.ts'

describe('offering and answering', () => {
  test('a shared feed is offered with its header and lengths, and handed to the accept handler', () => {
    const [a, b] = connect()
    a.share([feed(1, 7, { name: 'songs' })], 'music')
    settle(a, b)
    expect(a.messages('offer')).toMatchObject([{ first: 0, namespace: 'music', lengths: [[7]] }])
    expect(b.all('advertise')).toEqual([
      { type: 'advertise', first: 0, namespace: 'music', keys: [keyOf(1)], headers: [{ name: 'songs' }] },
    ])
  })

  test('an accepted feed is agreed on at both ends, its channel opens, and its download gets a target', () => {
    const [a, b] = connect()
    const share = a.share([feed(1, 7)])
    settle(a, b)
    b.answer(0, [true])
    settle(a, b)
    const agreed = { type: 'agreed', key: keyOf(1), namespace: null, lengths: [7] }
    expect(a.effects).toEqual([
      { ...agreed, direction: 'out' },
      { type: 'open-feed', key: keyOf(1) },
      { type: 'answered', share, keys: [keyOf(1)] },
    ])
    expect(b.effects.slice(1)).toEqual([
      { ...agreed, direction: 'in' },
      { type: 'open-feed', key: keyOf(1) },
      { type: 'target', key: keyOf(1), lengths: [7] },
    ])
  })

  test('of a page some feeds are taken and the others are declined with the reason', () => {
    const [a, b] = connect()
    const share = a.share([feed(1), feed(2), feed(3)])
    settle(a, b)
    b.answer(0, [false, true, false], 'no-handler')
    settle(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(2)] }])
    expect(a.all('open-feed')).toEqual([{ type: 'open-feed', key: keyOf(2) }])
    expect(b.messages('answer')).toMatchObject([{ reason: 'no-handler', accepted: [false, true, false] }])
    for (const side of [a, b]) {
      expect(side.negotiation.state.outgoing.get(0)?.reason ?? 'no-handler').toBe('no-handler')
      expect(side.negotiation.state.feeds.get(keyOf(1))?.agreements).toBe(0)
    }
  })

  test('a share of nothing is answered at once, also before the peer is there', () => {
    const [a] = connect()
    const share = a.share([])
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [] }])
  })

  test('a share is answered when its last page is', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1 } })
    const share = a.share([feed(1), feed(2)])
    settle(a, b)
    b.answer(1, [true])
    settle(a, b)
    expect(a.all('answered')).toEqual([])
    b.answer(0, [false])
    settle(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(2)] }])
  })

  test('a second answer of a page is not sent', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    expect(b.answer(0, [false])).toEqual([])
  })
})

describe('the same feed again', () => {
  test('sharing twice offers once, and both shares get the answer', () => {
    const [a, b] = connect()
    const shares = [a.share([feed(1)]), a.share([feed(1)])]
    settle(a, b)
    expect(a.pages).toEqual([1])
    b.answer(0, [true])
    settle(a, b)
    const third = a.share([feed(1)])
    expect(a.all('answered')).toEqual(
      [...shares, third].map((share) => ({ type: 'answered', share, keys: [keyOf(1)] })),
    )
    expect(a.pages).toEqual([1])
  })

  test('a feed that stands twice in one share is offered once and answered once', () => {
    const [a, b] = connect()
    const share = a.share([feed(1), feed(1)])
    agreeOnAll(a, b)
    expect(a.pages).toEqual([1])
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(1)] }])
  })

  test('sharing again with another header is an update', () => {
    const [a, b] = connect()
    a.share([feed(1, 3, { v: 1 })])
    agreeOnAll(a, b)
    a.share([feed(1, 3, { v: 2 })])
    settle(a, b)
    expect(b.all('updated')).toEqual([{ type: 'updated', key: keyOf(1), namespace: null, header: { v: 2 } }])
  })

  test('a declined feed can be offered again', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    const again = a.share([feed(1)])
    agreeOnAll(a, b)
    expect(a.all('answered').at(-1)).toEqual({ type: 'answered', share: again, keys: [keyOf(1)] })
  })

  test('a feed in several namespaces and from both sides opens its channel once', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    a.share([feed(1)], 'music')
    b.share([feed(1)])
    agreeOnAll(a, b)
    for (const side of [a, b]) {
      expect(side.all('agreed')).toHaveLength(3)
      expect(side.all('open-feed')).toHaveLength(1)
    }
    a.unshare(1)
    b.unshare(1)
    settle(a, b)
    for (const side of [a, b]) expect(side.all('close-feed')).toHaveLength(0)
    a.unshare(1, 'music')
    settle(a, b)
    for (const side of [a, b]) expect(side.all('close-feed')).toEqual([{ type: 'close-feed', key: keyOf(1) }])
  })

  test('namespaces are separate: one is declined, the other taken, a third never offered', () => {
    const [a, b] = connect()
    a.share([feed(1)], 'one')
    a.share([feed(1)], 'two')
    settle(a, b)
    b.answer(0, [false])
    b.answer(1, [true])
    settle(a, b)
    expect(a.all('agreed')).toMatchObject([{ namespace: 'two' }])
    expect(a.unshare(1, 'one')).toEqual([])
    expect(a.unshare(1, 'three')).toEqual([])
    expect(a.unshare(1)).toEqual([])
    a.unshare(1, 'two')
    settle(a, b)
    expect(b.all('withdrawn')).toEqual([{ type: 'withdrawn', key: keyOf(1), namespace: 'two' }])
  })

  test('a peer that offers a feed anew without taking the old offer back replaces it', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    const keys = [new Uint8Array(32)]
    b.hear({ type: 'offer', first: 1, namespace: 'x', keys, lengths: [[1]], headers: [{}] })
    b.answer(1, [true])
    b.hear({ type: 'offer', first: 2, namespace: 'x', keys, lengths: [[2]], headers: [{}] })
    b.answer(2, [true])
    const zero = b.effects.filter((effect) => 'key' in effect && effect.key === keyOf(0))
    const types = zero.map(({ type }) => type)
    expect(types).toEqual(['agreed', 'open-feed', 'target', 'close-feed', 'agreed', 'open-feed', 'target'])
  })
})

describe('offers and the cores of this side', () => {
  test('an offer waits until every core that was shared before it arrived is ready', () => {
    const [a, b] = connect()
    const first = b.open([feed(1)])
    const second = b.open([feed(2)])
    a.share([feed(1)])
    settle(a, b)
    const later = b.open([feed(3)])
    b.ready(second, [])
    expect(b.all('advertise')).toEqual([])
    b.ready(first, [feed(1)])
    expect(b.all('advertise')).toHaveLength(1)
    expect(b.negotiation.state.opening).toEqual(new Set([later]))
  })

  test('what is shared after an offer arrived does not hold it back', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.open([feed(2)])
    expect(b.all('advertise')).toHaveLength(1)
  })

  test('a core that failed to open is left out, the others are offered', () => {
    const [a, b] = connect()
    const share = a.open([feed(1), feed(2)])
    a.ready(share, [feed(2)])
    agreeOnAll(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(2)] }])
  })

  test('those that are open are offered while others are not, and answered together', () => {
    const [a, b] = connect()
    const share = a.open([feed(1), feed(2), feed(3)])
    a.partlyReady(share, [feed(1)])
    agreeOnAll(a, b)
    expect(b.all('agreed').map((effect) => 'key' in effect && effect.key)).toEqual([keyOf(1)])
    a.unshare(2)
    a.partlyReady(share, [feed(2)])
    expect(a.all('answered')).toEqual([])
    a.ready(share, [feed(3), feed(1)])
    agreeOnAll(a, b)
    expect(a.messages('offer').flatMap(({ keys }) => keys)).toHaveLength(2)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(1), keyOf(3)] }])
  })

  test('the first batch is out when all of it is open', () => {
    const [, b] = connect()
    const early = new Side()
    const share = early.open([feed(1), feed(2)])
    early.partlyReady(share, [feed(1)])
    early.hear(b.hello)
    expect(early.sent.map(({ type }) => type)).toEqual(['offer'])
    early.ready(share, [feed(2)])
    expect(early.sent.map(({ type }) => type)).toEqual(['offer', 'offer', 'batch'])
  })

  test('nothing is sent before the peer has said hello; then all of it, and the end of the first batch', () => {
    const [, b] = connect()
    const early = new Side()
    early.share([feed(1)])
    const slow = early.open([feed(2)])
    expect(early.sent).toEqual([])
    early.hear(b.hello)
    expect(early.sent.map(({ type }) => type)).toEqual(['offer'])
    early.ready(slow, [feed(2)])
    expect(early.sent.map(({ type }) => type)).toEqual(['offer', 'offer', 'batch'])
  })

  test('a share made after hello does not hold the first batch back', () => {
    const [a, b] = connect()
    expect(a.messages('batch')).toHaveLength(1)
    a.open([feed(1)])
    a.share([feed(2)])
    deliver(a, b)
    expect(a.messages('batch')).toHaveLength(1)
    expect(b.negotiation.state.peerBatchEnd).toBe(0)
  })
})
