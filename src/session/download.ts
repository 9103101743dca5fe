import { atLeast, atMost, covers } from '../negotiation/lengths.ts'
import type { Part } from './part.ts'

/** Blocks after which it is told at once that a feed is complete, and not with what else becomes complete meanwhile. */
const stretch = 64

/** How a core takes part, as the accept handler said. */
export interface ReplicateOptions {
  /** Ask for blocks. Default: the core's own setting. */
  download?: boolean
  /** Answer requests for blocks. Default, and where the peer took an offer of this end: the core's own setting. */
  upload?: boolean
  /**
   * Requests on their way at a time. Default: what the core was made with, if that is not hypercore's 16; else as many
   * as fill the path to the peer, 8 MiB over all feeds of a session at most.
   */
  maxRequests?: number
  /** Fetch all blocks, of a sparse core too. Default: true. */
  whole?: boolean
}

/** Nothing is said about how a core takes part. */
export const asItIs: ReplicateOptions = Object.freeze({})

/** The core that is downloaded, as far as this needs to know it. */
export interface DownloadSource {
  /** Its feeds; one that is not known yet leaves a gap. */
  readonly parts: readonly (Part | undefined)[]
  /** Feeds that such a core can have. */
  readonly feedLimit: number
  /** Blocks of a core that is not open; all of them are here. */
  readonly restLength: number | undefined
  /** True when the feeds that can be named are. */
  readonly watched: boolean
  /** Asks for another look. */
  ondirty(): void
}

/** What is to be fetched of a core, and how much of it is here. */
export class Download {
  /** What the peer has, by its own word; null while we take nothing. */
  target: number[] | null = null
  /** The peer has told of more since it was taken, which it does where somebody waits for it, or where it takes a while. */
  isAwaited = false
  private options = asItIs
  private readonly source: DownloadSource
  /** What has to be here before the next report: a feed that keeps growing is reported all the same. */
  private goal: number[] = []
  /** Blocks that came since it was complete, or so: how often something of it changed. */
  private changes = 0
  /** Nothing was asked for at the last look, where only what is asked for is fetched. */
  private quiet = false

  constructor(source: DownloadSource) {
    this.source = source
  }

  configure(options: ReplicateOptions) {
    this.options = options
    this.quiet = false
    if (this.fetchesAll) this.fetch()
    else this.leave()
  }

  /** The peer has this much: fetches it, unless only what the application asks for is wanted. */
  aim(lengths: number[]) {
    this.isAwaited ||= this.target !== null && !covers(this.target, lengths)
    this.target = lengths
    // What the peer has cleared will not come.
    this.goal = this.goal.length === 0 || this.reaches(this.lengths) ? lengths : atMost(this.goal, lengths)
    this.fetch()
    this.source.ondirty()
  }

  /** Nothing is taken of the peer any more. */
  stop() {
    this.target = null
    this.isAwaited = false
    this.goal = []
    this.leave()
  }

  /** Has feeds fetched that have become known. */
  fetch() {
    if (this.target && this.fetchesAll) for (const part of this.source.parts) part?.fetch()
  }

  /** Blocks that are here without a gap, a number for each feed of the core that is known. */
  get lengths(): number[] {
    const { restLength, parts } = this.source
    const first = parts[0]
    if (!first) return restLength === undefined ? [] : [restLength]
    if (parts.length === 1) return [first.length]
    const gap = parts.findIndex((part) => !part)
    return parts.slice(0, gap < 0 ? parts.length : gap).map((part) => (part as Part).length)
  }

  /** Something of it changed. */
  change() {
    this.changes++
  }

  /** A long stretch of blocks is complete. */
  get isLong(): boolean {
    return this.changes >= stretch && this.target !== null && this.fetchesAll && this.reaches(this.lengths)
  }

  /** Lengths to report to the peer as complete, or null while something is missing. */
  complete(): number[] | null {
    const { target, options } = this
    if (!target) return null
    if (options.download === false) return target
    if (options.whole === false) return this.idle ? target : null
    const { lengths } = this
    if (!this.reaches(lengths)) return null
    this.isAwaited = false
    this.changes = 0
    // More than was told, where that is all there is: more of what is appended at once is on its way.
    const all = this.isWhole ? lengths : lengths.map((length, i) => Math.min(length, target[i] ?? 0))
    this.target = this.goal = atLeast(target, all)
    // Of feeds that this kind of core does not have, all is here.
    const here = Math.max(lengths.length, this.source.feedLimit)
    return target.length > here ? [...all, ...target.slice(here)] : all
  }

  /** All is here that the feeds are known to have. */
  private get isWhole(): boolean {
    return this.source.parts.every((part) => part?.isWhole ?? true)
  }

  /** In blocks, over all feeds of the core. */
  progress(): { have: number; want: number } {
    let have = 0
    let want = 0
    for (const [i, length] of (this.target ?? []).entries()) {
      want += length
      have += this.source.parts[i]?.downloaded(length) ?? Math.min(length, this.lengths[i] ?? 0)
    }
    return { have, want }
  }

  private reaches(lengths: number[]): boolean {
    const { goal } = this
    const { feedLimit } = this.source
    return covers(lengths, goal.length > feedLimit ? goal.slice(0, feedLimit) : goal)
  }

  /** Whether the application has all that it asked for, at this look and at the one before. */
  private get idle(): boolean {
    const { parts, watched } = this.source
    if (!watched) return false
    const asked = parts.some((part, i) => part?.asked(this.target?.[i] ?? 0))
    if (!asked && this.quiet) return true
    this.quiet = !asked
    if (this.quiet) this.source.ondirty()
    return false
  }

  private get fetchesAll(): boolean {
    return this.options.whole !== false && this.options.download !== false
  }

  private leave() {
    for (const part of this.source.parts) part?.leave()
  }
}
