import type { Feed } from './core.ts'

/** How many blocks of a feed are here without a gap from the first: what this end can promise to another. */
export class Prefix {
  private readonly feed: Feed
  private counted = 0

  constructor(feed: Feed) {
    this.feed = feed
    // Most feeds have no gap, and to count is much faster than to ask for each block.
    if (feed.length > 0 && feed.downloaded(0, feed.length) === feed.length) this.counted = feed.length
  }

  /** Looks on from where it stood: each block is looked at once, whatever the order in which they come. */
  get length(): number {
    const { feed } = this
    while (this.counted < feed.length && feed.has(this.counted)) this.counted++
    return this.counted
  }

  /** Blocks from `start` on were cleared. */
  cut(start: number) {
    this.counted = Math.min(this.counted, start)
  }
}
