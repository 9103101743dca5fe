import { describe, expect, test } from 'vitest'
import { agreeOnAll, connect, deliver, feed, keyOf, type Side, settle } from './side.ts'

/** How often each end said that the session is over. */
const ends = (...sides: Side[]) => sides.map((side) => side.all('finished').length)

describe('a one-shot session', () => {
  test('does not end when nobody has shared: somebody still may', () => {
    const [a, b] = connect()
    expect(ends(a, b)).toEqual([0, 0])
    for (const side of [a, b]) {
      expect(side.messages('done')).toEqual([{ type: 'done', shared: false, sent: 0, received: 0 }])
    }
  })

  test.each([
    ['one side has shared', [feed(1)], undefined],
    ['both have shared', [feed(1)], [feed(1), feed(2)]],
    ['one side has shared nothing', [], undefined],
    ['both have shared nothing', [], []],
  ])('ends when %s and all of it arrived', (_, left, right) => {
    const [a, b] = connect()
    a.share(left)
    if (right) b.share(right)
    agreeOnAll(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('ends when all that was offered is declined', () => {
    const [a, b] = connect()
    a.share([feed(1), feed(2)])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    b.answer(0, [false, false])
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('ends when all that was shared is taken back', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    a.unshare(1)
    settle(a, b)
    expect(ends(a, b), 'the page is not answered yet').toEqual([0, 0])
    b.answer(0, [true])
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('does not end while a core is being opened, an offer is unanswered, or a download goes on', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    a.ready(share, [feed(1)])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    b.answer(0, [true])
    settle(a, b)
    b.downloaded(1, 2)
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    b.downloaded(1, 3)
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('does not wait for a feed that the accepting side gave up', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    b.handle({ type: 'failed', key: keyOf(1), reason: 'core-failed' })
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('ends though its cores go on growing', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    settle(a, b)
    b.answer(0, [true])
    for (let length = 4; length < 20; length++) {
      settle(a, b)
      b.downloaded(1, length - 1)
      a.grew(1, length)
    }
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('sends what grew before the acceptance arrived, too', () => {
    const [a, b] = connect()
    a.share([feed(1, 3)])
    settle(a, b)
    b.answer(0, [true])
    a.grew(1, 5)
    settle(a, b)
    b.downloaded(1, 3)
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    b.downloaded(1, 5)
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('does not end on what was said before an offer that is still on its way', () => {
    const [a, b] = connect()
    expect(b.messages('done')).toHaveLength(1)
    a.share([feed(1)])
    expect(ends(a, b)).toEqual([0, 0])
    deliver(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    agreeOnAll(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('says goodbye once, whatever happens then', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.grew(1, 9)
    agreeOnAll(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })
})

describe('a share after "done"', () => {
  test('takes it back: the session goes on until the new feeds have arrived', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    settle(a, b)
    b.share([])
    settle(a, b)
    expect(a.messages('done').at(-1)).toEqual({ type: 'done', shared: true, sent: 1, received: 0 })
    expect(ends(a, b)).toEqual([0, 0])
    a.ready(share, [feed(1)])
    agreeOnAll(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('of several pages is not over when the first of them is answered', () => {
    const [a, b] = connect({}, { limits: { feedsPerPage: 1, offersOutstanding: 1 } })
    a.share([feed(1), feed(2)])
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    b.answer(1, [false])
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('and another that is still opening its cores: the first alone does not end the session', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    const slow = a.open([feed(2)])
    settle(a, b)
    b.answer(0, [false])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    a.ready(slow, [])
    settle(a, b)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('that offers nothing new ends as before', () => {
    const [a, b] = connect()
    const share = a.open([feed(1)])
    settle(a, b)
    a.ready(share, [])
    settle(a, b)
    expect(a.messages('done')).toHaveLength(3)
    expect(ends(a, b)).toEqual([1, 1])
  })

  test('comes too late when the other side ended before it heard of it', () => {
    const [a, b] = connect()
    a.open([feed(1)])
    b.share([])
    settle(a, b)
    expect(ends(a, b)).toEqual([0, 1])
  })
})

describe('a live session', () => {
  test.each([
    [{ live: true }, {}],
    [{}, { live: true }],
    [{ live: true }, { live: true }],
  ])('does not end, on whichever side it is live', (left, right) => {
    const [a, b] = connect(left, right)
    a.share([feed(1)])
    b.share([feed(2)])
    agreeOnAll(a, b)
    expect(ends(a, b)).toEqual([0, 0])
    // Nor does it spend a word on it.
    expect([...a.messages('done'), ...b.messages('done')]).toEqual([])
  })
})
