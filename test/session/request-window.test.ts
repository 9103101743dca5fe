import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestBudget, RequestWindow } from '../../src/session/request-window.ts'

const usual = 16
const kilobyte = 1024

/** A peer at the end of a path: answers take their turn there, one every `service` ms. */
class Path {
  now = 0
  roundTrip: number
  service: number
  /** Requests on their way, with the time at which each answer comes. */
  readonly underWay: { index: number; at: number }[] = []
  /** The most requests that ever were on their way. */
  most = 0
  private next = 0
  private free = 0
  private readonly window: RequestWindow
  private readonly bytes: number

  constructor(window: RequestWindow, { roundTrip = 40, service = 0.05, bytes = kilobyte } = {}) {
    this.window = window
    this.roundTrip = roundTrip
    this.service = service
    this.bytes = bytes
  }

  /** Asks for blocks and takes answers, until so many have come; gives how long it took. */
  transfer(blocks: number): number {
    const [began, end] = [this.now, this.next + blocks]
    this.ask(end)
    while (this.underWay.length > 0) {
      this.answer()
      this.ask(end)
    }
    return this.now - began
  }

  answer() {
    const { index, at } = this.underWay[0] as { index: number; at: number }
    this.now = Math.max(this.now, at)
    this.window.came(index, this.bytes)
    this.window.done(index, this.underWay.length, this.now)
    this.underWay.shift()
  }

  ask(end: number) {
    while (this.underWay.length < this.window.size && this.next < end) {
      this.free = Math.max(this.free, this.now + this.roundTrip / 2) + this.service
      this.underWay.push({ index: this.next, at: this.free + this.roundTrip / 2 })
      this.window.asked(this.next++, this.underWay.length, this.now)
    }
    this.most = Math.max(this.most, this.underWay.length)
  }
}

test('2,000 blocks of 1 KB over 40 ms take no more than seven round trips', () => {
  const path = new Path(new RequestWindow(new RequestBudget()), { service: 0.01 })
  expect(path.transfer(2_000)).toBeLessThan(7 * 40)
})

test('a long path is filled, and little more than filled', () => {
  const path = new Path(new RequestWindow(new RequestBudget()), { roundTrip: 100, service: 0.2 })
  path.transfer(2_000)
  path.most = 0
  const took = path.transfer(5_000)
  // As fast as the peer answers, but for the way there and back, and once more to see how long that is.
  expect(took).toBeLessThan(5_000 * 0.2 + 2 * 100)
  // It takes 500 to fill it.
  expect(path.most).toBeLessThan(2.5 * 500)
})

test('where the way is short the window stays small, for ever', () => {
  const path = new Path(new RequestWindow(new RequestBudget()), { roundTrip: 0.1, service: 0.05 })
  path.transfer(500)
  path.most = 0
  path.transfer(2_000_000)
  // It looks now and then whether more would be faster.
  expect(path.most).toBeLessThanOrEqual(8 * usual)
})

test('the window becomes small again when the peer becomes slow', () => {
  const window = new RequestWindow(new RequestBudget())
  const path = new Path(window, { service: 0.02 })
  path.transfer(10_000)
  expect(path.most).toBeGreaterThan(1_000)
  path.service = 40
  path.ask(Number.POSITIVE_INFINITY)
  for (let came = 0; came < path.most; came++) {
    path.answer()
    path.ask(Number.POSITIVE_INFINITY)
  }
  expect(window.size).toBeLessThanOrEqual(2 * usual)
})

test('a path that becomes longer is filled again', () => {
  const path = new Path(new RequestWindow(new RequestBudget()), { roundTrip: 10, service: 0.1 })
  path.transfer(5_000)
  path.roundTrip = 200
  path.transfer(100_000)
  expect(path.transfer(20_000)).toBeLessThan(1.3 * 20_000 * 0.1)
})

test('one slow answer does not make the window small', () => {
  const window = new RequestWindow(new RequestBudget())
  const path = new Path(window)
  path.transfer(5_000)
  path.ask(10_000)
  const { size } = window
  for (const request of path.underWay) request.at += 100
  for (let i = 0; i < size; i++) path.answer()
  expect(window.size).toBeGreaterThan(size / 2)
})

test('blocks as large as they may be are asked for two at a time, so that 8 MiB are on their way at most', () => {
  const path = new Path(new RequestWindow(new RequestBudget()), { bytes: 4 * 2 ** 20 })
  path.transfer(100)
  path.most = 0
  path.transfer(100)
  expect(path.most).toBe(2)
})

test('a window that has nothing more to ask for gives back what it held', () => {
  const budget = new RequestBudget()
  const first = new RequestWindow(budget)
  const path = new Path(first, { roundTrip: 800, service: 0.01 })
  path.transfer(100_000)
  expect(path.most).toBe(8_192)
  expect(first.size).toBe(usual)
  const other = new Path(new RequestWindow(budget), { roundTrip: 800, service: 0.01 })
  other.transfer(100_000)
  expect(other.most).toBe(path.most)
})

test('a request that is given up does not keep the window from growing', () => {
  const window = new RequestWindow(new RequestBudget())
  const path = new Path(window)
  path.ask(10_000)
  // The last one is measured, and never answered.
  path.underWay.pop()
  path.transfer(10_000)
  expect(path.most).toBeGreaterThan(100)
})

test('whatever comes, windows ask for something, and together for no more than the session may', () => {
  const step = fc.record({
    window: fc.nat(3),
    bytes: fc.oneof(fc.nat(100), fc.nat(8 * 2 ** 20)),
    later: fc.double({ min: 0, max: 20_000, noNaN: true }),
    index: fc.nat(40),
    kind: fc.constantFrom('ask', 'come', 'done', 'stop'),
    underWay: fc.nat(5_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new RequestBudget()
      const windows = Array.from({ length: 4 }, () => new RequestWindow(budget))
      let now = 0
      for (const { window: at, bytes, later, index, kind, underWay } of steps) {
        const window = windows[at] as RequestWindow
        now += later
        if (kind === 'ask') window.asked(index, underWay, now)
        else if (kind === 'come') window.came(index, bytes)
        else if (kind === 'done') window.done(index, underWay, now)
        else window.stop()
        const sizes = windows.map(({ size }) => size)
        expect(sizes.every((size) => Number.isInteger(size) && size >= 2)).toBe(true)
        expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(4 * usual + 8_192)
      }
    }),
  )
})
