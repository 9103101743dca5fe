export interface TokenBucketOptions {
  /** How much comes back in a second. */
  perSecond: number
  /** The most that there can be, and is at first. */
  capacity: number
  /** Milliseconds of a clock that never goes back. */
  now: () => number
}

/** An average rate with bursts. Infinity lets everything pass. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #capacity: number
  readonly #now: () => number
  #tokens: number
  #since: number

  constructor({ perSecond, capacity, now }: TokenBucketOptions) {
    this.#perSecond = perSecond
    this.#capacity = capacity
    this.#now = now
    this.#tokens = capacity
    this.#since = now()
  }

  /** Takes so many if they are there. */
  take(count: number): boolean {
    if (!this.has(count)) return false
    this.#tokens -= count
    return true
  }

  has(count: number): boolean {
    this.#refill()
    return this.#tokens >= count
  }

  /** Takes so many in any case. Gives the milliseconds after which they have come back: the taker waits so long. */
  owe(count: number): number {
    this.#refill()
    this.#tokens -= count
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1_000)
  }

  get full(): boolean {
    this.#refill()
    return this.#tokens >= this.#capacity
  }

  #refill(): void {
    const now = this.#now()
    const back = this.#capacity === Infinity ? Infinity : ((now - this.#since) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + back)
    this.#since = now
  }
}
