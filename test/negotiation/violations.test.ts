import { describe, expect, test } from 'vitest'
import type { ControlMessage, OfferMessage } from '../../src/wire/messages.ts'
import { agreeOnAll, connect, feed, limits, Side, settle } from './side.ts'

const offer = (first: number): OfferMessage => ({
  type: 'offer',
  first,
  namespace: null,
  keys: [new Uint8Array(32)],
  lengths: [[0]],
  headers: [{}],
})
const blamed = (side: Side) => side.all('violation').map(({ code }) => code)

describe('a peer that breaks the rules is blamed', () => {
  const unknownIds: ControlMessage[] = [
    { type: 'withdraw', offers: [{ id: 7, reason: 'withdrawn' }] },
    { type: 'release', offers: [{ id: 7, reason: 'core-failed' }] },
    { type: 'update', id: 7, header: {} },
    { type: 'length', offers: [{ id: 7, lengths: [1] }] },
    { type: 'caught-up', offers: [], asOffered: [{ from: 0, count: 8 }] },
  ]
  test.each(unknownIds.map((message) => [message.type, message] as const))(
    'for an id in "%s" that is no offer',
    (_, message) => {
      const [a, b] = connect()
      a.share([feed(1)])
      b.share([feed(2)])
      agreeOnAll(a, b)
      a.hear(message)
      expect(blamed(a)).toEqual(['ERR_PROTOCOL'])
      expect(a.all('close-feed')).toEqual([])
    },
  )

  test.each([
    ['skips ids', 1],
    ['uses ids again', -1],
  ])('for a page of offers that %s', (_, step) => {
    const [, b] = connect()
    b.hear(offer(0))
    expect(blamed(b)).toEqual([])
    b.hear(offer(1 + step))
    expect(blamed(b)).toEqual(['ERR_PROTOCOL'])
    expect(b.all('advertise')).toHaveLength(1)
  })

  test('for more unanswered pages than allowed; pages that were answered do not count', () => {
    const [, b] = connect({}, { limits: { offersOutstanding: 3 } })
    for (const first of [0, 1, 2]) b.hear(offer(first))
    b.answer(1, [false])
    b.hear(offer(3))
    expect(blamed(b)).toEqual([])
    b.hear(offer(4))
    expect(blamed(b)).toEqual(['ERR_TOO_MANY_OFFERS'])
  })

  test.each([
    ['a page that was never sent', 5, [true]],
    ['a page that begins elsewhere', 1, [true]],
    ['more feeds than the page had', 0, [true, true, true]],
    ['fewer feeds than the page had', 0, [true]],
  ])('for an answer for %s', (_, first, accepted) => {
    const [a] = connect()
    a.share([feed(1), feed(2)])
    a.hear({ type: 'answer', first, accepted, reason: 'declined' })
    expect(blamed(a)).toEqual(['ERR_PROTOCOL'])
    expect(a.all('agreed')).toEqual([])
  })

  test('for a second answer of a page', () => {
    const [a, b] = connect()
    a.share([feed(1)])
    settle(a, b)
    b.answer(0, [true])
    settle(a, b)
    a.hear({ type: 'answer', first: 0, accepted: [true], reason: 'declined' })
    expect(blamed(a)).toEqual(['ERR_PROTOCOL'])
    expect(a.all('agreed')).toHaveLength(1)
  })

  test('for a second hello', () => {
    const [a, b] = connect()
    a.hear(b.hello)
    expect(blamed(a)).toEqual(['ERR_PROTOCOL'])
  })

  test.each<ControlMessage>([
    { type: 'batch' },
    { type: 'done', shared: true, sent: 0, received: 0 },
    offer(0),
    { type: 'ping', token: 1 },
    { type: 'bye', code: '', message: '' },
  ])('for a message before hello: $type', (message) => {
    const early = new Side()
    early.hear(message)
    expect(blamed(early)).toEqual(['ERR_PROTOCOL'])
    expect(early.sent).toEqual([])
  })

  test('for another version of the protocol', () => {
    const early = new Side()
    early.share([feed(1)])
    early.hear({ ...early.hello, version: 2 })
    expect(blamed(early)).toEqual(['ERR_UNSUPPORTED_VERSION'])
    expect(early.sent).toEqual([])
  })

  test.each(['feedsPerPage', 'offersOutstanding'] as const)(
    'for a hello by which it takes nothing: no %s',
    (name) => {
      const early = new Side()
      early.share([feed(1)])
      early.hear({ ...early.hello, limits: { ...limits, [name]: 0 } })
      expect(blamed(early)).toEqual(['ERR_PROTOCOL'])
      expect(early.sent).toEqual([])
    },
  )
})

describe('what is no offence', () => {
  test.each<ControlMessage>([
    { type: 'ping', token: 1 },
    { type: 'pong', token: 1 },
    { type: 'extension', name: 'chat', payload: new Uint8Array(1) },
    { type: 'bye', code: '', message: '' },
  ])('a message for the session: $type', (message) => {
    const [a] = connect()
    expect(a.hear(message)).toEqual([])
  })

  test('a second "batch" changes nothing', () => {
    const [a, b] = connect()
    b.share([feed(1)])
    settle(a, b)
    expect(a.hear({ type: 'batch' })).toEqual([])
    expect(a.negotiation.state.peerBatchEnd).toBe(0)
  })

  test('messages about offers that ended while they travelled', () => {
    const [a, b] = connect({ live: true })
    a.share([feed(1)])
    agreeOnAll(a, b)
    a.grew(1, 5)
    a.update(1, { v: 2 })
    b.handle({ type: 'failed', key: feed(1).key, reason: 'core-closed' })
    settle(a, b)
    a.share([feed(1)])
    settle(a, b)
    b.answer(1, [true])
    a.unshare(1)
    b.downloaded(1, 5)
    settle(a, b)
    for (const side of [a, b]) expect(blamed(side)).toEqual([])
  })
})
