import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Redials } from '../../src/transports/redials.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a peer that could not be reached is called again later and later, and not for ever', () => {
  const redials = new Redials()
  const calledAt: number[] = []
  const start = Date.now()
  const call = () => {
    calledAt.push(Date.now() - start)
    redials.later('peer', call)
  }
  redials.later('peer', call)
  vi.runAllTimers()
  expect(calledAt).toHaveLength(8)
  const waits = calledAt.map((at, i) => at - (calledAt[i - 1] ?? 0))
  for (const [i, wait] of waits.entries()) {
    const longest = Math.min(1_000 * 2 ** i, 60_000)
    expect(wait).toBeGreaterThanOrEqual(longest / 2 - 1)
    expect(wait).toBeLessThanOrEqual(longest + 1)
  }
})

test('a peer that is connected or gone is not called again, and the next time it waits a short time first', () => {
  const redials = new Redials()
  const called: string[] = []
  redials.later('one', () => called.push('one'))
  redials.later('other', () => called.push('other'))
  redials.forget('one')
  vi.advanceTimersByTime(1_001)
  expect(called).toEqual(['other'])
  redials.later('one', () => called.push('one'))
  vi.advanceTimersByTime(1_001)
  expect(called).toEqual(['other', 'one'])
  redials.later('one', () => called.push('never'))
  redials.clear()
  vi.runAllTimers()
  expect(called).toEqual(['other', 'one'])
})

test('a peer that is there, if not directly, is called for ever, half a minute to a minute apart in the end', () => {
  const redials = new Redials()
  const calledAt: number[] = []
  const call = () => {
    calledAt.push(Date.now())
    if (calledAt.length < 50) redials.always('peer', call)
  }
  redials.always('peer', call)
  vi.runAllTimers()
  expect(calledAt).toHaveLength(50)
  const waits = calledAt.slice(10).map((at, i) => at - (calledAt[i + 9] as number))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(29_999)
  redials.always('peer', call)
  redials.forget('peer')
  vi.runAllTimers()
  expect(calledAt).toHaveLength(50)
})

test('a peer that is reached is not called; should it fail again soon, its tries count on', () => {
  const redials = new Redials()
  let calls = 0
  const call = () => {
    calls++
    redials.reached('peer')
    redials.later('peer', call)
  }
  redials.later('peer', call)
  redials.reached('peer')
  vi.runAllTimers()
  expect(calls).toBe(0)
  redials.later('peer', call)
  vi.runAllTimers()
  expect(calls).toBe(7)
})
