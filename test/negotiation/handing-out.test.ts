import { expect, test } from 'vitest'
import { connect, feed, keyOf, settle } from './side.ts'

/** A page of three offers that waits for a core of the accepting side. */
function waiting() {
  const [a, b] = connect({ live: true }, { live: true })
  const opening = b.open([feed(9)])
  a.share([1, 2, 3].map((n) => feed(n)))
  settle(a, b)
  return { a, b, ready: () => b.ready(opening, [feed(9)]) }
}

test('what was taken back while its page waited is not handed out, nor is its end told', () => {
  const { a, b, ready } = waiting()
  a.unshare(1)
  settle(a, b)
  ready()
  expect(b.all('withdrawn')).toEqual([])
  expect(b.all('advertise')).toMatchObject([{ first: 0, keys: [keyOf(2), keyOf(3)], headers: [{}, {}] }])
})

test('the answer goes by what was handed out, and has a bit for each feed of the page', () => {
  const { a, b, ready } = waiting()
  a.unshare(1)
  settle(a, b)
  ready()
  b.answer(0, [false, true], 'declined')
  expect(b.messages('answer')).toMatchObject([{ first: 0, accepted: [false, false, true] }])
  settle(a, b)
  for (const side of [a, b]) expect(side.all('agreed')).toMatchObject([{ key: keyOf(3) }])
})

test('a page of which nothing is left is answered without the accept handler', () => {
  const { a, b, ready } = waiting()
  for (const n of [1, 2, 3]) a.unshare(n)
  settle(a, b)
  ready()
  expect(b.all('advertise')).toEqual([])
  const accepted = [false, false, false]
  expect(b.messages('answer')).toEqual([{ type: 'answer', first: 0, accepted, reason: 'declined' }])
  settle(a, b)
  expect(a.negotiation.state.sentPages.size).toBe(0)
})

test('an offer made again while its page waited is handed out once', () => {
  const { a, b, ready } = waiting()
  a.unshare(2)
  a.share([feed(2)])
  settle(a, b)
  ready()
  const pages = b.all('advertise').map(({ first, keys }) => [first, keys])
  expect(pages).toEqual([
    [0, [keyOf(1), keyOf(3)]],
    [3, [keyOf(2)]],
  ])
})

test('the end of an offer that was handed out is told after it', () => {
  const { a, b, ready } = waiting()
  ready()
  a.unshare(1)
  settle(a, b)
  expect(b.effects.map(({ type }) => type)).toEqual(['advertise', 'withdrawn'])
})
