import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadyFeed } from '../../src/negotiation/events.ts'
import {
  type Acquaintance,
  type Recollection,
  recollect,
  recollectTaken,
} from '../../src/negotiation/recollection.ts'
import { encodeMessage } from '../../src/wire/codec.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'
import { agreeOnAll, connect, deliver, feed, feeds, keyOf, Side, type SideOptions, settle } from './side.ts'

const live = { live: true }
const offering: SideOptions = { ...live, recollection: null }
const blamed = (side: Side) => side.all('violation').map(({ code }) => code)
/** But for what says that downloads are complete: here that is a message a feed. */
const bytesOf = (...sides: Side[]) =>
  sides
    .flatMap(({ sent }) => sent.filter(({ type }) => type !== 'caught-up'))
    .reduce((sum, message) => sum + encodeMessage(message).length, 0)

/** What B remembers after it has taken all that A offered. */
function afterMeeting(offered: readonly ReadyFeed[], namespace: string | null = null): Recollection {
  return bothAfterMeeting(offered, namespace).offered
}

/** What B and A remember then. */
function bothAfterMeeting(offered: readonly ReadyFeed[], namespace: string | null = null): Acquaintance {
  const [a, b] = connect(live, live)
  a.share([...offered], namespace)
  agreeOnAll(a, b)
  return {
    offered: recollect(b.negotiation.state, null) as Recollection,
    taken: recollectTaken(a.negotiation.state, null) as Recollection,
  }
}

/** A offers again, to B who remembers, as A itself may; all is taken. */
function meetAgain(
  offered: readonly ReadyFeed[],
  recollection: Recollection | null,
  taken: Recollection = new Map(),
): [Side, Side] {
  const [a, b] = [new Side({ ...offering, taken }), new Side({ ...live, recollection })]
  a.share([...offered])
  settle(a, b)
  agreeOnAll(a, b)
  return [a, b]
}

/** What B was offered, and what became of it, by key. */
function viewOf(b: Side) {
  const offers = [...b.negotiation.state.incoming.values()]
  return new Map(
    offers.map(({ key, header, known, status }) => [key, { header: { ...header }, known, status }]),
  )
}

function expectWholeOffer(a: Side, b: Side, offered: readonly ReadyFeed[]) {
  expect(blamed(a).concat(blamed(b))).toEqual([])
  const accepted = ({ header, lengths }: ReadyFeed) => ({ header, known: lengths, status: 'accepted' })
  expect(viewOf(b)).toEqual(new Map(offered.map((each) => [each.key, accepted(each)])))
  const { outgoing, feeds } = a.negotiation.state
  expect(outgoing.size).toBe(offered.length)
  const { incoming } = b.negotiation.state
  const differ = [...outgoing].filter(
    ([id, { key, status }]) => status !== 'accepted' || incoming.get(id)?.key !== key,
  )
  expect(differ).toEqual([])
  expect([...feeds.values()].filter((each) => each.agreements > 0 && !each.synced)).toEqual([])
}

describe('two peers that meet again', () => {
  test('come to what the whole offer would bring, whatever has changed, and tell only that', () => {
    const few = fc.nat(30)
    const changes = fc.record({
      count: fc.integer({ min: 1024, max: 1600 }),
      gone: few,
      added: few,
      other: few,
      grown: few,
    })
    const property = ({
      count,
      gone,
      added,
      other,
      grown,
    }: { [name: string]: number } & { count: number }) => {
      const before = Array.from({ length: count }, (_, n) =>
        feed(n, 1 + (n % 3), n % 2 ? { name: `feed ${n}` } : {}),
      )
      const after = before.slice(gone).map((each, n): ReadyFeed => {
        if (n % 97 === 5 && n < 97 * (other as number)) return { ...each, header: { name: 'other' } }
        if (n % 89 === 7 && n < 89 * (grown as number)) return { ...each, lengths: [9] }
        return each
      })
      for (let n = 0; n < (added as number); n++) after.push(feed(10_000 + n))
      const recollection = afterMeeting(before)
      const [a, b] = meetAgain(after, recollection)
      expectWholeOffer(a, b, after)
      const changed = after.filter((each) => !before.includes(each))
      const recalled = a.messages('recall').flatMap(({ runs }) => runs.map((run) => run.count))
      const offered = a.pages.reduce((sum, keys) => sum + keys, 0)
      if (offered < after.length) {
        expect(offered).toBe(changed.length)
        expect(recalled.reduce((sum, one) => sum + one, 0)).toBe(after.length - changed.length)
      }
    }
    fc.assert(fc.property(changes, property), { numRuns: 10 })
  })

  test('and of whom nothing has changed tell a hundredth, and lose no round trip', () => {
    const offered = feeds(8000)
    const both = bothAfterMeeting(offered)
    const [a, b] = meetAgain(offered, both.offered, both.taken)
    const [wholeA, wholeB] = meetAgain(offered, null)
    expectWholeOffer(a, b, offered)
    expect(a.messages('compare')).toEqual([])
    expect(bytesOf(a, b)).toBeLessThan(bytesOf(wholeA, wholeB) / 100)
  })

  test('and both remember the same compare nothing, whatever has changed, and keep the order', () => {
    const few = fc.nat(40)
    const property = (gone: number, added: number, other: number, swap: boolean) => {
      const before = Array.from({ length: 1200 }, (_, n) =>
        feed(n, 1 + (n % 3), n % 2 ? { a: { b: n } } : {}),
      )
      const { offered, taken } = bothAfterMeeting(before)
      const kept = before.slice(gone)
      const after = kept.map((each, n): ReadyFeed => {
        if (n % 29 === 5 && n < 29 * other) return { ...each, header: { a: { b: -1 } } }
        return n % 31 === 7 && n < 31 * other
          ? { ...each, lengths: [9] }
          : { ...each, header: { ...each.header } }
      })
      const changed = after.filter(({ header, lengths }, n) => {
        const then = kept[n] as ReadyFeed
        return lengths !== then.lengths || JSON.stringify(header) !== JSON.stringify(then.header)
      })
      const news = Array.from({ length: added }, (_, n) => feed(10_000 + n))
      const [a, b] = meetAgain(swap ? [...news, ...after].reverse() : [...after, ...news], offered, taken)
      expectWholeOffer(a, b, [...after, ...news])
      expect(a.messages('compare')).toEqual([])
      expect(a.pages.reduce((sum, keys) => sum + keys, 0)).toBe(changed.length + added)
      const order = [...b.negotiation.state.incoming.values()].map(({ key }) => key)
      const isRecalled = new Set(
        kept.filter((each) => !changed.some(({ key }) => key === each.key)).map(({ key }) => key),
      )
      expect(order.slice(0, isRecalled.size)).toEqual([...isRecalled])
    }
    fc.assert(fc.property(few, few, few, fc.boolean(), property), { numRuns: 10 })
  })

  test('and do not remember the same compare', () => {
    const before = feeds(1200)
    const { offered, taken } = bothAfterMeeting(before)
    const [first, ...rest] = taken.get(null) ?? []
    const others = [{ ...first, lengths: [9] }, ...rest] as typeof rest
    for (const other of [others, rest, [...rest].reverse()]) {
      const [a, b] = meetAgain(before, offered, new Map([[null, other]]))
      expectWholeOffer(a, b, before)
      expect(a.messages('compare').length).toBeGreaterThan(0)
      expect(a.pages).toEqual([])
    }
  })

  test('remember the same again, however often they meet', () => {
    let { offered, taken } = bothAfterMeeting(feeds(1200))
    for (let n = 0; n < 3; n++) {
      const after = [...feeds(1200).slice(n + 1), feed(3000 + n, 3, { n })]
      const [a, b] = meetAgain(after, offered, taken)
      expectWholeOffer(a, b, after)
      expect(a.messages('compare')).toEqual([])
      offered = recollect(b.negotiation.state, offered) as Recollection
      taken = recollectTaken(a.negotiation.state, taken) as Recollection
      expect(taken).toEqual(offered)
    }
  })

  test('and differ in 100 of 8,000 feeds tell a tenth', () => {
    const before = feeds(8000)
    const after = [...before.slice(50), ...Array.from({ length: 50 }, (_, n) => feed(30_000 + n))]
    const recollection = afterMeeting(before)
    const [a, b] = meetAgain(after, recollection)
    expectWholeOffer(a, b, after)
    expect(bytesOf(a, b)).toBeLessThan(bytesOf(...meetAgain(after, null)) / 10)
  })

  test('with hardly anything in common offer all of it', () => {
    const recollection = afterMeeting(feeds(2000))
    const after = Array.from({ length: 2000 }, (_, n) => feed(5000 + n))
    const [a, b] = meetAgain(after, recollection)
    expectWholeOffer(a, b, after)
    expect(a.messages('compare').length).toBe(1)
    expect(a.messages('recall')).toEqual([])
  })

  test('with few feeds offer them at once', () => {
    const [a, b] = [new Side(offering), new Side({ ...live, recollection: afterMeeting(feeds(1100)) })]
    a.share(feeds(10))
    settle(a, b)
    expect(a.pages).toEqual([10])
  })

  test('keep to pages, and to as many of them as the peer takes', () => {
    const offered = feeds(1100)
    const recollection = afterMeeting(offered)
    const limits = { feedsPerPage: 100, offersOutstanding: 2 }
    const [a, b] = [new Side(offering), new Side({ ...live, recollection, limits })]
    a.share(offered)
    settle(a, b)
    expect(a.messages('recall').length).toBe(2)
    agreeOnAll(a, b)
    expect(a.messages('recall').length).toBe(11)
    expectWholeOffer(a, b, offered)
  })

  test('in several namespaces recall each by itself', () => {
    const [one, two] = [feeds(1100), feeds(1200)]
    const recollection = new Map([...afterMeeting(one, 'one'), ...afterMeeting(two, 'two')])
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    for (const [namespace, list] of Object.entries({ one, two, three: feeds(3) })) a.share(list, namespace)
    settle(a, b)
    agreeOnAll(a, b)
    expect(a.pages).toEqual([3])
    expect(blamed(b)).toEqual([])
    const agreed = b.all('agreed').map(({ namespace }) => namespace)
    for (const [namespace, count] of [
      ['one', 1100],
      ['two', 1200],
      ['three', 3],
    ] as const)
      expect(agreed.filter((name) => name === namespace).length).toBe(count)
  })
})

describe('while two sides compare', () => {
  const before = feeds(1100)
  const recollection = afterMeeting(before)

  /** A has asked what differs, and B has not answered. */
  function comparing(): [Side, Side] {
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    a.share([...before, feed(2000)])
    deliver(b, a)
    deliver(a, b)
    expect(a.messages('compare').length).toBe(1)
    expect(a.pages).toEqual([])
    return [a, b]
  }

  test('what is taken back is not offered', () => {
    const [a, b] = comparing()
    a.unshare(3)
    settle(a, b)
    agreeOnAll(a, b)
    expectWholeOffer(a, b, [...before.filter(({ key }) => key !== keyOf(3)), feed(2000)])
  })

  test('a new header is offered, and no recalled one', () => {
    const [a, b] = comparing()
    a.update(3, { new: true })
    settle(a, b)
    agreeOnAll(a, b)
    expect(a.pages).toEqual([2])
    expect(viewOf(b).get(keyOf(3))?.header).toEqual({ new: true })
  })

  test('what grows is offered with what it has then', () => {
    const [a, b] = comparing()
    a.grew(3, 8)
    a.grew(4, 3)
    settle(a, b)
    agreeOnAll(a, b)
    expect(a.pages).toEqual([2])
    expect(viewOf(b).get(keyOf(3))?.known).toEqual([8])
  })

  test('nobody is done', () => {
    const [a] = comparing()
    expect(a.messages('done')).toEqual([])
    expect(a.messages('batch')).toEqual([])
  })
})

describe('the first batch', () => {
  const before = feeds(1100)
  const recollection = afterMeeting(before)

  test('is waited for, so that all of it is compared', () => {
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    a.share(before.slice(0, 600))
    const rest = a.open(before.slice(600))
    settle(a, b)
    expect(a.sent).toEqual([])
    a.ready(rest, before.slice(600))
    settle(a, b)
    agreeOnAll(a, b)
    expect(a.pages).toEqual([])
    expectWholeOffer(a, b, before)
  })

  test('that does not come is not waited for', () => {
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    a.share(before)
    a.open([feed(2000)])
    settle(a, b)
    a.handle({ type: 'hurry' })
    settle(a, b)
    expect(a.pages).toEqual([1024, 76])
    expect(blamed(b)).toEqual([])
  })
})

describe('what is remembered', () => {
  test('is nothing, when not all of the first offers were answered', () => {
    const [a, b] = [new Side(live), new Side(live)]
    a.share(feeds(3))
    settle(a, b)
    expect(recollect(b.negotiation.state, null)).toBe(null)
    expect(recollectTaken(a.negotiation.state, null)).toBe(null)
  })

  test('is what was taken, with its last header and length', () => {
    const [a, b] = connect(live, live)
    a.share([feed(1), feed(2), feed(3)])
    settle(a, b)
    b.answer(0, [true, false, true])
    a.update(3, { new: true })
    a.grew(3, 7)
    settle(a, b)
    const [one, three] = [feed(1), feed(3, 7, { new: true })]
    expect(recollect(b.negotiation.state, new Map())).toEqual(new Map([[null, [one, three]]]))
    expect(recollectTaken(a.negotiation.state, null)).toEqual(new Map([[null, [one, three]]]))
  })

  test('is also what a new peer took, as it may pass it on', () => {
    const [a, b] = connect(live, live)
    a.share([feed(1)])
    agreeOnAll(a, b)
    expect(recollect(a.negotiation.state, null)).toEqual(new Map([[null, [feed(1)]]]))
    expect(recollect(a.negotiation.state, new Map())).toEqual(new Map())
  })
})

describe('a peer that breaks the rules of a reconnect is blamed', () => {
  const recollection = afterMeeting(feeds(1100))
  const memory: ControlMessage = { type: 'memory', sections: [] }
  const run = { from: 0, count: 2 }
  const check = new Uint8Array(16)

  test.each<[string, ControlMessage[], string]>([
    [
      'a section that is not there',
      [{ type: 'compare', section: 1, bits: 0, prefixes: [0] }],
      'ERR_PROTOCOL',
    ],
    [
      'a 17th comparison',
      Array(17).fill({ type: 'compare', section: 0, bits: 0, prefixes: [0] }),
      'ERR_PROTOCOL',
    ],
    [
      'ranges without a question',
      [{ type: 'ranges', section: 0, parts: [{ divided: false, prints: check.subarray(0, 6) }] }],
      'ERR_PROTOCOL',
    ],
    [
      'a page with a wrong check',
      [{ type: 'recall', first: 0, section: 0, runs: [run], check }],
      'ERR_PROTOCOL',
    ],
    [
      'a page beyond what is remembered',
      [{ type: 'recall', first: 0, section: 0, runs: [{ from: 1099, count: 2 }], check }],
      'ERR_PROTOCOL',
    ],
    [
      'a page that is too long',
      [{ type: 'recall', first: 0, section: 0, runs: [{ from: 0, count: 1025 }], check }],
      'ERR_OFFER_TOO_LARGE',
    ],
    [
      'a page after its batch',
      [{ type: 'batch' }, { type: 'recall', first: 0, section: 0, runs: [run], check }],
      'ERR_PROTOCOL',
    ],
    ['a memory that was not announced', [memory], 'ERR_PROTOCOL'],
  ])('for %s', (_, messages, code) => {
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    deliver(a, b)
    for (const message of messages) if (blamed(b).length === 0) b.hear(message)
    expect(blamed(b)).toEqual([code])
  })

  test('for parts of another number than was asked for, and for ranges that are divided too far', () => {
    const divided = { divided: true, prints: new Uint8Array(48).fill(1) }
    const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
    a.share([...feeds(1100), feed(2000)])
    deliver(b, a)
    const [compare] = a.messages('compare')
    a.hear({ type: 'ranges', section: 0, parts: [divided, divided, divided] })
    expect(compare?.prefixes.length).not.toBe(3)
    expect(blamed(a)).toEqual(['ERR_PROTOCOL'])
  })

  test('and one that lies in its fingerprints only gets the whole offer, or loses the session', () => {
    const offered = feeds(1100)
    const property = (lies: Uint8Array, divide: boolean) => {
      const [a, b] = [new Side(offering), new Side({ ...live, recollection })]
      a.share(offered)
      for (const message of b.outbox.splice(0)) {
        if (message.type === 'memory')
          for (const [i, byte] of lies.entries())
            (message.sections[0] as { print: Uint8Array }).print[i % 16] = byte
        a.hear(message)
      }
      for (let n = 0; n < 20; n++) {
        const compare = a.outbox.splice(0).find(({ type }) => type === 'compare')
        if (compare?.type !== 'compare' || blamed(a).length > 0) break
        const prints = new Uint8Array(divide ? 48 : 6).fill(n)
        a.hear({
          type: 'ranges',
          section: 0,
          parts: compare.prefixes.map(() => ({ divided: divide, prints })),
        })
      }
      const recalled = a.messages('recall').length > 0
      const said = a.pages.reduce((sum, keys) => sum + keys, 0)
      expect(blamed(a).length > 0 || recalled || said === 1100).toBe(true)
    }
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.boolean(), property), {
      numRuns: 40,
    })
  })
})
