import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pulse } from '../../src/session/pulse.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a task that is asked for often runs at most once in an interval', () => {
  const task = vi.fn()
  const pulse = new Pulse(20, task)
  for (let ms = 0; ms < 100; ms++) {
    pulse.request()
    vi.advanceTimersByTime(1)
  }
  expect(task.mock.calls.length).toBeLessThanOrEqual(6)
})

test('a task that is hastened runs in a moment, not from within, and only if it was asked for', () => {
  const task = vi.fn()
  const pulse = new Pulse(20, task)
  pulse.hasten()
  vi.advanceTimersByTime(100)
  expect(task).not.toHaveBeenCalled()
  pulse.request(false)
  pulse.hasten()
  pulse.hasten()
  expect(task).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(task).toHaveBeenCalledTimes(1)
})
