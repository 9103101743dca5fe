import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BackOff, type BackOffOptions } from '../../src/transports/back-off.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Milliseconds of the next `count` waits. */
async function waits(backOff: BackOff, count: number): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const before = Date.now()
    await new Promise<void>((resolve) => {
      backOff.wait(resolve)
      vi.runAllTimers()
    })
    all.push(Date.now() - before)
  }
  return all
}

const slowest = (options: Partial<BackOffOptions> = {}) =>
  new BackOff({ minDelay: 500, maxDelay: 30_000, random: () => 1, ...options })

test('waits twice as long each time, up to the longest', async () => {
  expect(await waits(slowest(), 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('waits at least half of that, by chance', async () => {
  expect(await waits(slowest({ random: () => 0 }), 3)).toEqual([250, 500, 1_000])
  for (const [i, wait] of (await waits(slowest({ random: Math.random }), 8)).entries()) {
    const longest = Math.min(500 * 2 ** i, 30_000)
    expect(wait).toBeGreaterThanOrEqual(longest / 2 - 1)
    expect(wait).toBeLessThanOrEqual(longest)
  }
})

test('starts with short waits again after a reset', async () => {
  const backOff = slowest()
  await waits(backOff, 5)
  backOff.reset()
  expect(await waits(backOff, 2)).toEqual([500, 1_000])
})

test('ends a wait early, once, and has nothing to end otherwise', () => {
  const backOff = slowest()
  const run = vi.fn()
  backOff.hurry()
  backOff.wait(run)
  expect(run).not.toHaveBeenCalled()
  backOff.hurry()
  backOff.hurry()
  vi.runAllTimers()
  expect(run).toHaveBeenCalledTimes(1)
})

test('calls nothing that was cancelled, or replaced by a later wait, and leaves no timer', () => {
  const backOff = slowest()
  const [first, second] = [vi.fn(), vi.fn()]
  backOff.wait(first)
  backOff.wait(second)
  expect(vi.getTimerCount()).toBe(1)
  backOff.cancel()
  expect(vi.getTimerCount()).toBe(0)
  vi.runAllTimers()
  expect([first, second].map((run) => run.mock.calls.length)).toEqual([0, 0])
})
