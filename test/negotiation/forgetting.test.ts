import { describe, expect, test } from 'vitest'
import { explain } from '../../src/negotiation/explain.ts'
import { rememberedOffers } from '../../src/negotiation/remembering.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'
import { agreeOnAll, connect, feed, feeds, keyOf, type Side, settle } from './side.ts'

const few = { live: true, remember: 2 }
const remembered = ({ negotiation: { state } }: Side) => [
  state.outgoing.size,
  state.incoming.size,
  state.feeds.size,
]

/** Offers `count` feeds one after another; the answers are `accepted`. */
function offerEach(a: Side, b: Side, count: number, accepted: boolean) {
  for (let n = 0; n < count; n++) {
    a.share([feed(n, 3, { text: 'x' })])
    settle(a, b)
    b.answer(n, [accepted])
    settle(a, b)
  }
}

describe('offers that are over', () => {
  test('are forgotten at both ends when they are many, declined or taken back', () => {
    const [a, b] = connect({ live: true })
    const page = feeds(1_024)
    for (let round = 0; round < 20; round++) {
      a.share(page)
      settle(a, b)
      b.answer(
        round * 1_024,
        page.map((_, i) => i % 2 === 0),
      )
      settle(a, b)
      a.handle({ type: 'unshare', namespace: null, keys: page.map(({ key }) => key) })
      settle(a, b)
    }
    expect(remembered(a)).toEqual([rememberedOffers, 0, 1_024])
    expect(remembered(b)).toEqual([0, rememberedOffers, 1_024])
  })

  test('take nothing of their feed along that still stands', () => {
    const [a, b] = connect(few, few)
    a.share([feed(0)], 'stays')
    agreeOnAll(a, b)
    for (let round = 0; round < 9; round++) {
      a.share([feed(0)])
      a.unshare(0)
      settle(a, b)
    }
    expect(remembered(a)).toEqual([3, 0, 1])
    expect(remembered(b)).toEqual([0, 3, 1])
    for (const { negotiation } of [a, b]) expect(explain(negotiation.state, keyOf(0)).code).toBe('synced')
  })

  test('are explained while they are remembered, and are as if never offered after that', () => {
    const [a, b] = connect(few, few)
    offerEach(a, b, 4, false)
    for (const { negotiation } of [a, b]) {
      const codes = [0, 1, 2, 3].map((n) => explain(negotiation.state, keyOf(n)).code)
      expect(codes).toEqual(['not-offered', 'not-offered', 'declined', 'declined'])
      expect(negotiation.state.forgotten).toEqual({ declined: 2, ended: 0 })
    }
  })

  test('keep no headers, also when the peer sends new ones', () => {
    const [a, b] = connect(few, few)
    offerEach(a, b, 1, false)
    b.hear({ type: 'update', id: 0, header: { text: 'long' } })
    for (const offers of [a.negotiation.state.outgoing, b.negotiation.state.incoming]) {
      expect(offers.get(0)?.header).toEqual({})
    }
  })

  test('count once: one that was declined and then taken back does not push out two', () => {
    const [a, b] = connect(few, few)
    offerEach(a, b, 2, false)
    const offers = [0, 1].map((id) => ({ id, reason: 'withdrawn' as const }))
    b.hear({ type: 'withdraw', offers })
    expect([...b.negotiation.state.incoming.values()].map(({ status }) => status)).toEqual(['ended', 'ended'])
  })

  test('that never came on a page are forgotten too', () => {
    const [a, b] = connect(few, { limits: { headerBytes: 4 } })
    for (let n = 0; n < 5; n++) a.share([feed(n, 3, { text: 'too long' })])
    settle(a, b)
    expect(remembered(a)).toEqual([0, 0, 2])
    expect(a.negotiation.state.forgotten).toEqual({ declined: 0, ended: 0 })
  })

  test('are answered with their page, though they are forgotten before', () => {
    const [a, b] = connect(few, few)
    const share = a.share([0, 1, 2, 3, 4].map((n) => feed(n)))
    settle(a, b)
    for (const n of [0, 1, 2, 3]) a.unshare(n)
    settle(a, b)
    expect([remembered(a)[0], remembered(b)[1]]).toEqual([3, 3])
    b.answer(0, [true, true, true, true, true])
    settle(a, b)
    expect(a.all('answered')).toEqual([{ type: 'answered', share, keys: [keyOf(4)] }])
    for (const side of [a, b]) expect(side.all('agreed')).toMatchObject([{ key: keyOf(4) }])
  })
})

describe('a message about a forgotten offer', () => {
  const about = (id: number): ControlMessage[] => [
    { type: 'withdraw', offers: [{ id, reason: 'withdrawn' }] },
    { type: 'release', offers: [{ id, reason: 'core-failed' }] },
    { type: 'update', id, header: {} },
    { type: 'length', offers: [{ id, lengths: [1] }] },
    { type: 'caught-up', offers: [{ id, lengths: [1] }], asOffered: [{ from: id, count: 1 }] },
  ]
  const tried = about(0).map(({ type }, i) => [type, i] as const)

  test.each(tried)('has no effect: %s', (_, i) => {
    const [a, b] = connect(few, few)
    offerEach(a, b, 4, false)
    offerEach(b, a, 4, false)
    expect(a.hear(about(0)[i] as ControlMessage)).toEqual([])
    a.hear(about(4)[i] as ControlMessage)
    expect(a.all('violation').map(({ code }) => code)).toEqual(['ERR_PROTOCOL'])
  })

  test('hides nothing of the others that the message names', () => {
    const [a, b] = connect(few, few)
    offerEach(a, b, 4, false)
    a.share([feed(9)])
    agreeOnAll(a, b)
    const offers = [0, 4].map((id) => ({ id, reason: 'withdrawn' as const }))
    b.hear({ type: 'withdraw', offers })
    expect(b.all('withdrawn')).toMatchObject([{ key: keyOf(9) }])
  })
})
