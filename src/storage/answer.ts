import type { Replic8Error } from '../errors.ts'
import type { StorageCallback } from '../random-access-storage.ts'

/** Callbacks with what they get, three places each: one microtask for many is much cheaper than one for each. */
let waiting: unknown[] = []

/**
 * Calls back from a microtask, so that it never comes before the call returned, and that what a callback throws is the
 * caller's uncaught error and no rejection of ours.
 */
export function answer<T>(cb: StorageCallback<T>, error: Replic8Error | null, value?: T): void {
  if (waiting.push(cb, error, value) === 3) queueMicrotask(callBack)
}

function callBack(): void {
  const answers = waiting
  waiting = []
  let next = 0
  try {
    while (next < answers.length) {
      const [cb, error, value] = [answers[next++], answers[next++], answers[next++]]
      ;(cb as StorageCallback<unknown>)(error as Error | null, value)
    }
  } finally {
    // One that throws keeps the others from theirs no longer than it takes to come back.
    if (next < answers.length) {
      if (waiting.length === 0) queueMicrotask(callBack)
      waiting = [...answers.slice(next), ...waiting]
    }
  }
}
