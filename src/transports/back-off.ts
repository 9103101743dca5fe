export interface BackOffOptions {
  /** Milliseconds that the first wait takes at most. */
  minDelay: number
  /** Milliseconds that any wait takes at most. */
  maxDelay: number
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number
}

/**
 * Waits that double from one to the next up to a longest one. Each takes half of its time to all of it, by chance:
 * the many peers that a server lost at once do not all come back at once.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (equal jitter).
 */
export class BackOff {
  readonly #minDelay: number
  readonly #maxDelay: number
  readonly #random: () => number
  #longest: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #run: (() => void) | undefined

  constructor({ minDelay, maxDelay, random = Math.random }: BackOffOptions) {
    this.#minDelay = minDelay
    this.#maxDelay = maxDelay
    this.#random = random
    this.#longest = Math.min(minDelay, maxDelay)
  }

  /** Calls `run` once after the next wait; what waits already is forgotten. */
  wait(run: () => void): void {
    this.cancel()
    const delay = this.#longest * (0.5 + this.#random() / 2)
    this.#longest = Math.min(this.#longest * 2, this.#maxDelay)
    this.#run = run
    this.#timer = setTimeout(() => this.hurry(), delay)
  }

  /** Ends the wait now, if there is one: there is reason to think that it goes well this time. */
  hurry(): void {
    const run = this.#run
    this.cancel()
    run?.()
  }

  /** The next wait is a short one again. */
  reset(): void {
    this.#longest = Math.min(this.#minDelay, this.#maxDelay)
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#run = undefined
  }
}
