import { describe, expect, test } from 'vitest'
import { agreeOnAll, connect, deliver, feed, keyOf, settle } from './side.ts'

const key = keyOf(1)
const withdrawn = { type: 'withdrawn', key, namespace: null }

describe('taking an offer back', () => {
  test('an agreement ends at both ends and its channel closes', () => {
    const [a, b] = connect()
    a.share([feed(1), feed(2)])
    agreeOnAll(a, b)
    a.unshare(1)
    settle(a, b)
    expect(b.all('withdrawn')).toEqual([withdrawn])
    for (const side of [a, b]) expect(side.all('close-feed')).toEqual([{ type: 'close-feed', key }])
  })

  test('a share that is taken back whole before its answer is withdrawn; in part, it is answered', () => {
    const [a, b] = connect()
    const whole = a.share([feed(1)])
    const part = a.share([feed(1), feed(2)])
    a.unshare(1)
    agreeOnAll(a, b)
    expect(a.all('share-withdrawn')).toEqual([{ type: 'share-withdrawn', share: whole }])
    expect(a.all('answered')).toEqual([{ type: 'answered', share: part, keys: [keyOf(2)] }])
  })

  test('what is shared again is offered again, under a new id', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.unshare(1)
    const again = a.share([feed(1)])
    agreeOnAll(a, b)
    expect(a.messages('offer').map(({ first }) => first)).toEqual([0, 1])
    expect(a.all('answered').at(-1)).toEqual({ type: 'answered', share: again, keys: [key] })
    for (const side of [a, b]) expect(side.negotiation.state.feeds.get(key)?.agreements).toBe(1)
  })

  test('crossing with the answer: no agreement at either end', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    a.unshare(1)
    settle(a, b)
    expect(a.all('agreed')).toEqual([])
    expect(b.all('close-feed')).toEqual([{ type: 'close-feed', key }])
    for (const side of [a, b]) expect(side.negotiation.state.feeds.get(key)?.agreements).toBe(0)
  })

  test('crossing with the answer and shared again at once: the old answer is not taken for the new', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    a.unshare(1)
    const again = a.share([feed(1)])
    settle(a, b)
    expect(a.all('answered')).toEqual([])
    b.answer(1, [false])
    settle(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share: again, keys: [] }])
    for (const side of [a, b]) expect(side.negotiation.state.feeds.get(key)?.agreements).toBe(0)
  })

  test('before the accept handler has spoken: its answer means nothing', () => {
    const [a, b] = connect()
    a.share([feed(1), feed(2)])
    settle(a, b)
    a.unshare(1)
    settle(a, b)
    b.answer(0, [true, true])
    settle(a, b)
    for (const side of [a, b]) expect(side.all('agreed')).toMatchObject([{ key: keyOf(2) }])
  })

  test('while it waits for other pages: it is never sent', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    a.share([feed(1), feed(2), feed(3)])
    a.unshare(2)
    agreeOnAll(a, b)
    expect(a.messages('withdraw')).toEqual([])
    expect(b.all('advertise').map(({ keys }) => keys)).toEqual([[key], [keyOf(3)]])
  })

  test('while its core is still being opened: it is never offered', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    const other = a.open([feed(1)], 'other')
    a.unshare(1)
    a.ready(share, [feed(1)])
    a.ready(other, [feed(1)])
    settle(a, b)
    expect(a.all('share-withdrawn')).toEqual([{ type: 'share-withdrawn', share }])
    expect(a.messages('offer')).toMatchObject([{ namespace: 'other' }])
  })

  test('while its core is still being opened, and shared again: the later share counts', () => {
    const [a, b] = connect()
    const shares = [a.open([feed(1)])]
    a.unshare(1)
    shares.push(a.open([feed(1)]))
    for (const share of shares) a.ready(share, [feed(1)])
    agreeOnAll(a, b)
    expect(a.all('share-withdrawn')).toEqual([{ type: 'share-withdrawn', share: shares[0] }])
    expect(a.all('answered')).toEqual([{ type: 'answered', share: shares[1], keys: [key] }])
  })

  test('twice, or of what was never shared or declined, says nothing', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    a.share([feed(2)])
    settle(a, b)
    b.answer(0, [true])
    b.answer(1, [false])
    settle(a, b)
    a.unshare(1)
    for (const n of [1, 2, 3]) expect(a.unshare(n)).toEqual([])
  })
})

describe('a core that fails or is closed', () => {
  test('at the offering side takes back all its offers, and the peer is told why', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    a.share([feed(1)], 'music')
    agreeOnAll(a, b)
    a.handle({ type: 'failed', key, reason: 'core-failed' })
    settle(a, b)
    const offers = [0, 1].map((id) => ({ id, reason: 'core-failed' }))
    expect(a.messages('withdraw')).toEqual([{ type: 'withdraw', offers }])
    expect(b.all('withdrawn')).toHaveLength(2)
    for (const side of [a, b]) expect(side.all('close-feed')).toHaveLength(1)
  })

  test.each([
    ['core-failed', 'ERR_CORE_FAILED'],
    ['core-closed', 'ERR_CORE_CLOSED'],
    ['over-limit', 'ERR_OFFER_TOO_LARGE'],
  ] as const)(
    'at the accepting side releases what it took (%s): the offering side is told',
    (reason, code) => {
      const [a, b] = connect()
      a.share([feed(1), feed(2)])
      settle(a, b)
      b.answer(0, [true, true])
      b.handle({ type: 'failed', key, reason })
      settle(a, b)
      expect(b.messages('release')).toEqual([{ type: 'release', offers: [{ id: 0, reason }] }])
      expect(a.all('problem')).toMatchObject([{ code, key, namespace: null }])
      for (const side of [a, b]) expect(side.all('close-feed')).toEqual([{ type: 'close-feed', key }])
      expect(a.negotiation.state.pendingUploads).toBe(1)
    },
  )

  test('a release that crosses with the withdrawal changes nothing', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.unshare(1)
    b.handle({ type: 'failed', key, reason: 'core-failed' })
    settle(a, b)
    expect(a.all('problem')).toEqual([])
    expect(b.all('withdrawn')).toEqual([])
    for (const side of [a, b]) expect(side.all('close-feed')).toHaveLength(1)
  })

  test('a released feed can be shared again', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    b.handle({ type: 'failed', key, reason: 'core-closed' })
    deliver(b, a)
    a.share([feed(1)])
    agreeOnAll(a, b)
    for (const side of [a, b]) expect(side.all('open-feed')).toHaveLength(2)
  })

  test('a core that nobody offered is nobody’s news', () => {
    const [a] = connect()
    expect(a.handle({ type: 'failed', key, reason: 'core-failed' })).toEqual([])
  })
})
