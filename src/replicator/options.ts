import { Replic8Error } from '../errors.ts'
import type { SessionOptions } from '../session/options.ts'

export interface ReplicatorOptions extends SessionOptions {
  /** Pass on to the others what one peer gave. Default: true. */
  forward?: boolean
  /** Milliseconds that a store has to answer. Default: 10,000. */
  storeTimeout?: number
  /**
   * Milliseconds, at most, that offers to a peer gather in, to travel in one page; jittered down to half. Where as long
   * nothing was offered, what this end shares goes at once, and what it passes on, too, unless one of the last three
   * feeds came from several peers. Default: 40.
   */
  offerWindow?: number
}

/** The defaults, in milliseconds. */
export const replicatorDefaults = Object.freeze({ forward: true, storeTimeout: 10_000, offerWindow: 40 })

/** Errors: ERR_BAD_OPTION. */
export function checkTimes(times: Record<string, unknown>) {
  for (const [name, ms] of Object.entries(times)) {
    if (typeof ms === 'number' && ms >= 0) continue
    throw new Replic8Error('ERR_BAD_OPTION', `The option ${name} takes milliseconds.`)
  }
}
