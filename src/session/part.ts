import type { Feed } from './core.ts'
import { Prefix } from './prefix.ts'

export interface PartHooks {
  /** The feed has grown, here or there, or was cleared. */
  ondirty(): void
  /** The application closed the feed. */
  oncoreclosed(): void
}

/** What of hypercore 9's own book-keeping tells what an application has asked for. */
interface Asked {
  _waiting?: { index: number; bytes?: number; update?: boolean }[]
  _selections?: { start: number; end: number; blocks?: number[] | null }[]
}

/** One feed of a core that replicates: watches how it grows, and has all of it fetched. */
export class Part {
  readonly feed: Feed
  readonly hex: string
  private readonly prefix: Prefix
  private readonly hooks: PartHooks
  private selection: object | null = null

  constructor(feed: Feed, hex: string, hooks: PartHooks) {
    this.feed = feed
    this.hex = hex
    this.prefix = new Prefix(feed)
    this.hooks = hooks
    feed.on('download', this.ongrow)
    feed.on('append', this.ongrow)
    feed.on('clear', this.onclear)
    feed.on('close', this.onclose)
  }

  /** Blocks that are here without a gap from the first. */
  get length(): number {
    return this.prefix.length
  }

  /** All is here that the feed is known to have. */
  get isWhole(): boolean {
    return this.length === this.feed.length
  }

  /** True also while it is being closed. */
  get closed(): boolean {
    return this.feed.closing === true || this.feed.closed === true
  }

  /** Fetches everything: a sparse feed would not, nor one whose own selection a one-shot replication took away. */
  fetch() {
    if (this.selection || this.closed || (!this.feed.sparse && this.fetchesByItself)) return
    this.selection = this.feed.download({ start: 0, end: -1 }) ?? null
  }

  /** Takes `fetch` back. */
  leave() {
    if (this.selection) this.feed.undownload(this.selection)
    this.selection = null
  }

  /** Blocks of the first `length` that are here. */
  downloaded(length: number): number {
    if (length <= this.length) return length
    // No further than what is proved: the number is the peer's word, and hypercore makes room for what it is asked.
    const end = Math.min(length, this.feed.length)
    return end > 0 ? this.feed.downloaded(0, end) : 0
  }

  /** Whether the application has asked for blocks among the first `length` that are not here yet. */
  asked(length: number): boolean {
    const { _waiting = [], _selections = [] } = this.feed as Asked
    return (
      _waiting.some(
        ({ index, bytes, update }) => !update && (bytes || this.lacks(index, index + 1, length)),
      ) ||
      _selections.some(({ start, end, blocks }) =>
        blocks
          ? blocks.some((index) => this.lacks(index, index + 1, length))
          : this.lacks(start, end < 0 ? length : end, length),
      )
    )
  }

  release() {
    this.leave()
    this.feed.removeListener('download', this.ongrow)
    this.feed.removeListener('append', this.ongrow)
    this.feed.removeListener('clear', this.onclear)
    this.feed.removeListener('close', this.onclose)
  }

  private readonly ongrow = () => {
    this.hooks.ondirty()
  }

  private readonly onclear = (start: number) => {
    this.prefix.cut(start)
    this.hooks.ondirty()
  }

  private readonly onclose = () => {
    this.hooks.oncoreclosed()
  }

  private get fetchesByItself(): boolean {
    const { _selections } = this.feed as Asked
    return !_selections || _selections.some(({ start, end, blocks }) => start === 0 && end < 0 && !blocks)
  }

  private lacks(start: number, end: number, length: number): boolean {
    const last = Math.min(end, length)
    if (last <= start) return false
    return last > this.feed.length || this.feed.downloaded(start, last) < last - start
  }
}
