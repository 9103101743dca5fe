import type { Feed } from './core.ts'

/** How many blocks of a feed are here without a gap from the first: what this end can promise to another. */
export class Prefix {
  length = 0
  private readonly feed: Feed

  constructor(feed: Feed) {
    this.feed = feed
    // Most feeds have no gap, and to count is much faster than to ask for each block.
    if (feed.length > 0 && feed.downloaded(0, feed.length) === feed.length) this.length = feed.length
    else this.advance()
  }

  /** Looks on from where it stood: each block is looked at once, whatever the order in which they come. */
  advance() {
    const { feed } = this
    while (this.length < feed.length && feed.has(this.length)) this.length++
  }

  /** Blocks from `start` on were cleared. */
  cut(start: number) {
    this.length = Math.min(this.length, start)
  }
}
