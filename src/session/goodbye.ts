import { Replic8Error } from '../errors.ts'
import type { Timers } from './timers.ts'

/** Milliseconds in which the peer must answer a goodbye, or take something of what stands before it. */
const longest = 10_000
/** Milliseconds that this may go on for, however little the peer takes each time. */
const atMost = 60_000

/**
 * Gives the goodbyes a time limit: a peer that goes on talking is not silent, and may still never answer.
 * @param timeout the session's option; 0 for none
 * @param unsent how much stands before the goodbye, of whatever unit
 */
export function limitGoodbye(
  timers: Timers,
  timeout: number,
  unsent: () => number,
  onlate: (error: Replic8Error) => void,
) {
  const within = Math.min(timeout || longest, longest)
  timers.whenStuck(unsent, within, atMost / within, () =>
    onlate(new Replic8Error('ERR_TIMEOUT', `The peer did not answer the goodbye within ${within} ms.`)),
  )
}
