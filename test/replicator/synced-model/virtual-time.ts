import { vi } from 'vitest'

/** Virtual milliseconds in which everything must have happened: far beyond any timeout of the library. */
const patience = 120_000
/** Virtual milliseconds of one turn: small beside the pulses and windows of the library. */
const step = 4

/** Nothing of what was awaited happened, however long it was waited for. */
export class Stuck extends Error {}

/**
 * Timers stand still but for `turn`, while storage and connections run on in real tasks. So a run takes no time to
 * wait, and what happens between two steps does not depend on the machine.
 */
export function virtualTime() {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
  return { turn, until, stop: () => vi.useRealTimers() }
}

export type VirtualTime = ReturnType<typeof virtualTime>

/** Lets everything that is under way go a little further. */
async function turn() {
  vi.advanceTimersByTime(step)
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Turns until something is so. Errors: Stuck. */
async function until(isSo: () => boolean, what: () => string) {
  for (let waited = 0; !isSo(); waited += step) {
    if (waited > patience) throw new Stuck(`Never happened: ${what()}.`)
    await turn()
  }
}
