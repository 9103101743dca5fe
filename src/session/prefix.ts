import type { Feed } from './core.ts'

/** How many blocks of a feed are here without a gap from the first: what this end can promise to another. */
export class Prefix {
  length = 0
  private readonly feed: Feed

  constructor(feed: Feed) {
    this.feed = feed
    this.advance()
  }

  /** Looks on from where it stood; true when it has grown. */
  advance(): boolean {
    const before = this.length
    const { feed } = this
    if (feed.length > before && feed.downloaded(before, feed.length) === feed.length - before)
      this.length = feed.length
    else while (this.length < feed.length && feed.has(this.length)) this.length++
    return this.length > before
  }

  /** Blocks from `start` on were cleared. */
  cut(start: number) {
    this.length = Math.min(this.length, start)
  }
}
