import { now } from '../harness/clock.ts'

/** How long the entries of one log take to its followers. */
export class Deliveries {
  /** Milliseconds of each entry to each follower. */
  readonly each: number[] = []
  /** Milliseconds of each entry to the last of its followers. */
  readonly last: number[] = []
  readonly #followers: number
  /** By the length that a log has with an entry. */
  readonly #begun = new Map<number, number>()
  readonly #missing = new Map<number, number>()
  readonly #waiting = new Map<number, () => void>()
  #complete = 0

  constructor(followers: number) {
    this.#followers = followers
  }

  /** To be told before the entry is written. */
  begin(length: number, at = now()): void {
    this.#begun.set(length, at)
    this.#missing.set(length, this.#followers)
  }

  /** For each follower one, to be told the lengths that it has. */
  follower(): (length: number) => void {
    let known = 0
    return (length) => {
      const at = now()
      while (known < length) this.#arrived(++known, at)
    }
  }

  /** Resolves when all followers have an entry that was begun. */
  complete(length: number): Promise<void> {
    if (this.#complete >= length) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.set(length, resolve))
  }

  forgetTimes(): void {
    this.each.length = 0
    this.last.length = 0
  }

  #arrived(length: number, at: number): void {
    const begun = this.#begun.get(length)
    if (begun === undefined) throw new Error(`Entry ${length} was followed but not written.`)
    this.each.push(at - begun)
    const missing = (this.#missing.get(length) as number) - 1
    this.#missing.set(length, missing)
    if (missing > 0) return
    this.last.push(at - begun)
    this.#begun.delete(length)
    this.#missing.delete(length)
    // Followers get entries in order, so all before this one are complete, too.
    this.#complete = length
    this.#waiting.get(length)?.()
    this.#waiting.delete(length)
  }
}
