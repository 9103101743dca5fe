import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../../src/wire/codec.ts'
import { maxFeedsPerPage } from '../../src/wire/limits.ts'
import { connect, deliver, feed, feeds, keyOf, Side, settle } from './side.ts'

describe('pages of offers', () => {
  test('a page has at most as many feeds as the peer takes', () => {
    const [a] = connect()
    a.share(feeds(2_500))
    expect(a.pages).toEqual([1_024, 1_024, 452])
    expect(a.messages('offer').map(({ first }) => first)).toEqual([0, 1_024, 2_048])
  })

  test('a peer that takes huge pages gets none that has no encoding', () => {
    const [a] = connect({}, { limits: { feedsPerPage: 1_000_000, pageBytes: 2 ** 30 } })
    a.share(feeds(maxFeedsPerPage + 1))
    expect(a.pages).toEqual([maxFeedsPerPage, 1])
    for (const page of a.messages('offer')) encodeMessage(page)
  })

  test.each([
    ['of long headers', { list: [...Array(40).keys()].map((n) => feed(n, 1, { text: 'ä'.repeat(n * 10) })) }],
    ['in a long namespace', { list: feeds(40), namespace: 'ü'.repeat(700) }],
    [
      'of many and long cores',
      { list: feeds(40).map((one) => ({ ...one, lengths: Array(16).fill(2 ** 53 - 1) })) },
    ],
  ])('a page %s has at most as many bytes as the peer takes, and is well filled', (_, { list, ...rest }) => {
    const pageBytes = 2_048
    const [a, b] = connect({}, { limits: { pageBytes } })
    a.share(list, 'namespace' in rest ? rest.namespace : null)
    settle(a, b)
    const sizes = a.messages('offer').map((page) => encodeMessage(page).length)
    expect(a.pages.reduce((sum, count) => sum + count)).toBe(40)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(pageBytes)
    expect(Math.max(...sizes)).toBeGreaterThan(pageBytes / 2)
  })

  test('a page has offers of one namespace', () => {
    const [a] = connect()
    const early = new Side()
    early.share([feed(1), feed(2)], 'one')
    early.share([feed(1)], 'two')
    early.share([feed(3)])
    early.hear(a.hello)
    expect(early.messages('offer').map(({ namespace, keys }) => [namespace, keys.length])).toEqual([
      ['one', 2],
      ['two', 1],
      [null, 1],
    ])
  })

  test('no more pages are on their way without an answer than the peer takes', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1 } })
    a.share(feeds(70))
    expect(a.pages).toHaveLength(64)
    settle(a, b)
    b.answer(5, [true])
    expect(a.pages).toHaveLength(64)
    settle(a, b)
    expect(a.pages).toHaveLength(65)
  })

  test('20,000 offers go through, with at most 64 unanswered pages at every moment', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 100 } })
    const share = a.share(feeds(20_000))
    let most = 0
    let answered = 0
    const measure = () => {
      most = Math.max(most, a.negotiation.state.sentPages.size, b.negotiation.state.receivedPages.size)
    }
    while (answered < 200) {
      while (a.outbox.length > 0) {
        deliver(a, b, 1)
        measure()
      }
      for (const page of b.all('advertise').slice(answered, answered + 7)) {
        b.answer(
          page.first,
          page.keys.map(() => true),
        )
        answered++
      }
      deliver(b, a)
      measure()
    }
    expect(most).toBe(64)
    expect(b.all('violation')).toEqual([])
    const [settled, ...others] = a.all('answered')
    expect(others).toEqual([])
    expect(settled?.share).toBe(share)
    expect(settled?.keys).toHaveLength(20_000)
    expect(b.all('open-feed')).toHaveLength(20_000)
  })

  test('20,000 offers that wait can be taken back at once', () => {
    const early = new Side()
    const share = early.share(feeds(20_000))
    const keys = feeds(20_000).map(({ key }) => key)
    early.handle({ type: 'unshare', namespace: null, keys })
    expect(early.all('share-withdrawn')).toEqual([{ type: 'share-withdrawn', share }])
    expect(early.negotiation.state.queue).toEqual([])
  })

  test('the first batch is over when the last page of it is sent', () => {
    const early = new Side()
    const peer = new Side({ limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    early.share(feeds(2))
    early.hear(peer.hello)
    expect(early.messages('batch')).toEqual([])
    early.hear({ type: 'answer', first: 0, accepted: [false], reason: 'declined' })
    expect(early.sent.map(({ type }) => type).slice(0, 3)).toEqual(['offer', 'offer', 'batch'])
  })
})

describe('what the peer does not take', () => {
  const [key, code] = [keyOf(1), 'ERR_OFFER_TOO_LARGE']

  test.each([
    ['a header of too many bytes', { headerBytes: 20 }, { text: 'x'.repeat(20) }],
    ['a header that is too deep', { headerDepth: 2 }, { a: { b: [1] } }],
    ['an offer that is larger than a page', { pageBytes: 200 }, { text: 'x'.repeat(150) }],
  ])('%s is not sent: the offer counts as declined, the others go on', (_, limits, header) => {
    const [a, b] = connect({}, { limits })
    const share = a.share([feed(1, 3, header), feed(2)])
    settle(a, b)
    b.answer(0, [true])
    settle(a, b)
    expect(a.all('problem')).toMatchObject([{ code, key, namespace: null }])
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(2)] }])
  })

  test('a share of nothing else is answered, and the session can end', () => {
    const [a, b] = connect({}, { limits: { headerBytes: 2 } })
    const share = a.share([feed(1, 3, { v: 1 })])
    settle(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [] }])
    for (const side of [a, b]) expect(side.all('finished')).toHaveLength(1)
  })

  test('a new header that is too large for the peer is not sent; the old one stands', () => {
    const [a, b] = connect({}, { limits: { headerBytes: 20 } })
    a.share([feed(1, 3, { v: 1 })])
    settle(a, b)
    a.update(1, { text: 'x'.repeat(20) })
    settle(a, b)
    expect(a.messages('update')).toEqual([])
    expect(a.all('problem')).toMatchObject([{ code, key }])
    expect(a.negotiation.state.outgoing.get(0)?.header).toEqual({ v: 1 })
  })
})
