import { setImmediate, setTimeout } from 'node:timers/promises'
import { now } from './clock.ts'

// A timer is up to a millisecond late, which is the measurement's own fault.
const patience = 2

/**
 * Does something at a rate, whether what it began before is over or not. What comes late because the process is busy
 * counts from when it was due: else a system that is too slow would slow down the clock that it is measured by.
 */
export async function atRate(
  perSecond: number,
  count: number,
  act: (i: number, at: number) => void,
): Promise<void> {
  const start = now()
  for (let i = 0; i < count; i++) {
    const due = start + (i * 1_000) / perSecond
    const wait = due - now()
    await (wait > 0 ? setTimeout(wait) : setImmediate())
    const at = now()
    act(i, at - due > patience ? due : at)
  }
}

/** @throws when a promise takes longer */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = globalThis.setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1_000} s.`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
