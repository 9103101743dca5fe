import { describe, expect, test } from 'vitest'
import { type ExplanationCode, explain, explanations } from '../../src/negotiation/explain.ts'
import { answerReasons, endReasons } from '../../src/wire/messages.ts'
import { agreeOnAll, connect, feed, keyOf, type Side, settle } from './side.ts'

const key = keyOf(1)
const why = (...sides: Side[]) => sides.map((side) => explain(side.negotiation.state, key).code)

describe('why a feed is where it is', () => {
  const seen = new Set<ExplanationCode>()
  const expectBoth = (sides: [Side, Side], codes: [ExplanationCode, ExplanationCode]) => {
    expect(why(...sides)).toEqual(codes)
    for (const code of codes) seen.add(code)
  }

  test('on its way from nothing to synced and withdrawn', () => {
    const [a, b] = connect({ live: true })
    expectBoth([a, b], ['not-offered', 'not-offered'])
    const slow = b.open([feed(9)])
    const share = a.open([feed(1)], 'music')
    expectBoth([a, b], ['waiting-for-core', 'not-offered'])
    a.ready(share, [feed(1)])
    settle(a, b)
    expectBoth([a, b], ['waiting-for-answer', 'waiting-for-core'])
    b.ready(slow, [])
    expectBoth([a, b], ['waiting-for-answer', 'waiting-for-answer'])
    b.answer(0, [true])
    settle(a, b)
    expectBoth([a, b], ['replicating', 'replicating'])
    b.downloaded(1, 3)
    settle(a, b)
    expectBoth([a, b], ['synced', 'synced'])
    expect(explain(b.negotiation.state, key)).toMatchObject({ namespace: 'music', offer: { have: [3] } })
    a.unshare(1, 'music')
    settle(a, b)
    expectBoth([a, b], ['withdrawn', 'withdrawn'])
  })

  test('waiting in the queue', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    a.share([feed(9), feed(1)])
    settle(a, b)
    expectBoth([a, b], ['queued', 'not-offered'])
  })

  test.each(answerReasons)('not taken, at both ends: %s', (reason) => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [false], reason)
    settle(a, b)
    expectBoth([a, b], [reason, reason])
  })

  test.each(endReasons)('over, at both ends, whichever ended it: %s', (reason) => {
    for (const failing of [0, 1]) {
      const [a, b] = connect()
      a.share([feed(1)])
      agreeOnAll(a, b)
      const side = [a, b][failing] as Side
      side.handle({ type: 'failed', key, reason })
      settle(a, b)
      expectBoth([a, b], [reason, reason])
    }
  })

  test('taken back while its core is being opened', () => {
    const [a] = connect()
    a.open([feed(1)])
    a.unshare(1)
    expect(why(a)).toEqual(['not-offered'])
  })

  test('with several offers, the most hopeful is told', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)], 'one')
    a.share([feed(1)], 'two')
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    expect(why(a, b)).toEqual(['waiting-for-answer', 'waiting-for-answer'])
    b.answer(1, [true])
    settle(a, b)
    expect(why(a, b)).toEqual(['replicating', 'replicating'])
    expect(explain(a.negotiation.state, key).namespace).toBe('two')
    a.open([feed(1)], 'three')
    expect(why(a)).toEqual(['replicating'])
  })

  test('with an ended offer and a share that opens again, the opening is told', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.unshare(1)
    a.open([feed(1)])
    expect(why(a)).toEqual(['waiting-for-core'])
  })

  test('every code but the session’s own was seen here', () => {
    const missing = Object.keys(explanations).filter((code) => !seen.has(code as ExplanationCode))
    expect(missing).toEqual(['not-connected', 'paused'])
  })
})
