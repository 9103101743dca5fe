import { Replic8Error } from '../errors.ts'
import { covers } from '../negotiation/state.ts'
import { type Core, type Feed, feedsOf } from './core.ts'
import type { Engine } from './engine.ts'
import type { Meter } from './meter.ts'
import { Prefix } from './prefix.ts'
import { StreamView } from './stream-view.ts'

/** How a core takes part, as the accept handler said. */
export interface ReplicateOptions {
  /** Ask for blocks. Default: the core's own setting. */
  download?: boolean
  /** Answer requests for blocks. Default: the core's own setting. */
  upload?: boolean
  /** Requests on their way at a time. Default: the core's own setting, 16. */
  maxRequests?: number
  /** Fetch all blocks, of a sparse core too. Default: true. */
  whole?: boolean
}

export interface ReplicationHooks {
  /** Something changed: lengths, or what is here of a download. */
  ondirty(replication: Replication): void
  /** The core failed for this session; its channels are closed. */
  onfail(replication: Replication, error: Error): void
  /** The core was closed by the application. */
  oncoreclosed(replication: Replication): void
  readonly writable: boolean
}

interface Part {
  feed: Feed
  hex: string
  prefix: Prefix
  /** Blocks that a selection has asked for, of a sparse feed. */
  selected: number
  selections: object[]
  unlisten(): void
}

/** One core in one session: its channels while an agreement stands, its lengths, and how far its download is. */
export class Replication {
  readonly core: Core
  readonly hex: string
  bytesSent = 0
  bytesReceived = 0
  /** What the peer has, by its own word; null while we take nothing. */
  target: number[] | null = null
  private readonly hooks: ReplicationHooks
  private readonly meter: Meter
  private readonly parts: Part[] = []
  private options: ReplicateOptions = {}
  private view: StreamView | null = null
  private goal: number[] = []
  private closed = false

  constructor(core: Core, hex: string, meter: Meter, hooks: ReplicationHooks) {
    this.core = core
    this.hex = hex
    this.meter = meter
    this.hooks = hooks
  }

  /** Looks for the feeds of the core, which is open now. */
  watch() {
    if (this.closed || this.parts.length > 0) return
    feedsOf(this.core, (index, feed) => {
      if (!this.closed && !this.parts[index]) this.addPart(index, feed)
    })
  }

  /** Blocks that are here without a gap, a number for each feed of the core that is known. */
  get lengths(): number[] {
    const gap = this.parts.findIndex((part) => part === undefined)
    return (gap < 0 ? this.parts : this.parts.slice(0, gap)).map((part) => part.prefix.length)
  }

  /** Opens the channels. */
  open(engine: Engine, options: ReplicateOptions) {
    if (this.view || this.closed) return
    this.options = options
    this.view = new StreamView({
      engine,
      allows: (hex) => this.owns(hex),
      ondestroy: (error) => this.ondestroy(error),
      observer: this.observer(),
    })
    this.attach()
  }

  /** Opens the channels that are not open yet: new feeds, or ones that another core held until now. */
  attach() {
    const { view } = this
    if (!view) return
    try {
      this.replicate(this.core, view)
      for (const part of this.parts) if (part && part.feed !== this.core) this.replicate(part.feed, view)
    } catch (error) {
      view.destroy(error as Error)
    }
  }

  /** Closes the channels and stops fetching; the core stays watched. */
  close() {
    this.view?.detach()
    this.view = null
    this.target = null
    this.goal = []
    for (const part of this.parts) if (part) deselect(part)
  }

  /** Lets go of the core. */
  release() {
    this.close()
    this.closed = true
    for (const part of this.parts) part?.unlisten()
  }

  /** Answers to requests may flow again. */
  resume() {
    this.view?.resume()
  }

  /** Whether a feed is one of the core's own. */
  owns(hex: string): boolean {
    return hex === this.hex || this.parts.some((part) => part?.hex === hex)
  }

  get feedKeys(): string[] {
    return this.parts.filter((part) => part !== undefined).map((part) => part.hex)
  }

  /** The peer has this much: fetches it, unless only what the application asks for is wanted. */
  setTarget(lengths: number[]) {
    this.target = lengths
    if (this.goal.length === 0 || this.reached) this.goal = lengths
    if (this.fetchesAll) for (const [i, part] of this.parts.entries()) if (part) select(part, lengths[i] ?? 0)
    this.hooks.ondirty(this)
  }

  /** Lengths to report to the peer as complete, or null while something is missing. */
  complete(): number[] | null {
    const { target } = this
    if (!target) return null
    if (!this.fetchesAll) return target
    if (!this.reached) return null
    this.goal = target
    return this.lengths
  }

  /** In blocks, over all feeds of the core. */
  progress(): { have: number; want: number } {
    let have = 0
    let want = 0
    for (const [i, length] of (this.target ?? []).entries()) {
      const part = this.parts[i]
      want += length
      if (part && length > 0) have += part.prefix.length >= length ? length : part.feed.downloaded(0, length)
    }
    return { have, want }
  }

  private get fetchesAll(): boolean {
    return this.options.whole !== false && this.options.download !== false
  }

  private get reached(): boolean {
    return covers(this.lengths, this.goal)
  }

  private replicate(core: Core, view: StreamView) {
    const { download, upload, maxRequests } = this.options
    core.replicate(view.initiator, {
      stream: view,
      live: true,
      ...(download === undefined ? {} : { download }),
      ...(upload === undefined ? {} : { upload }),
      ...(maxRequests === undefined ? {} : { maxRequests }),
    })
  }

  private addPart(index: number, feed: Feed) {
    const ondownload = () => {
      part.prefix.advance()
      this.hooks.ondirty(this)
    }
    const onclear = (start: number) => part.prefix.cut(start)
    const onclose = () => this.hooks.oncoreclosed(this)
    const part: Part = {
      feed,
      hex: feed.key.toString('hex'),
      prefix: new Prefix(feed),
      selected: 0,
      selections: [],
      unlisten: () => {
        feed.removeListener('download', ondownload)
        feed.removeListener('append', ondownload)
        feed.removeListener('clear', onclear)
        feed.removeListener('close', onclose)
      },
    }
    feed.on('download', ondownload)
    feed.on('append', ondownload)
    feed.on('clear', onclear)
    feed.on('close', onclose)
    this.parts[index] = part
    if (this.target && this.fetchesAll) select(part, this.target[index] ?? 0)
    if (this.view) this.attach()
    this.hooks.ondirty(this)
  }

  private observer() {
    const { hooks, meter } = this
    return {
      onupload: (bytes: number) => {
        this.bytesSent += bytes
        meter.sent(bytes)
      },
      ondownload: (bytes: number) => {
        this.bytesReceived += bytes
        meter.received(bytes)
      },
      onerror: (error: Error) => this.view?.destroy(error),
      onclose: () => {},
      get writable() {
        return hooks.writable
      },
    }
  }

  private ondestroy(error?: Error) {
    this.view = null
    if (error) this.hooks.onfail(this, error)
    else this.hooks.oncoreclosed(this)
  }
}

/** A sparse feed fetches only what is selected; the others fetch everything by themselves. */
function select(part: Part, end: number) {
  if (!part.feed.sparse || end <= part.selected) return
  part.selections.push(part.feed.download({ start: part.selected, end }))
  part.selected = end
}

function deselect(part: Part) {
  for (const selection of part.selections) part.feed.undownload(selection)
  part.selections = []
  part.selected = 0
}

const invalidProof = /signature|checksum failed|Missing tree roots/

/** What an error of the engine means for the session, by its message: hypercore 9 gives no codes. */
export function replicationError(error: Error): Replic8Error {
  if (error instanceof Replic8Error) return error
  const { message } = error
  if (/^Remote|^Missing tree roots/.test(message) && invalidProof.test(message)) {
    return new Replic8Error('ERR_INVALID_PROOF', undefined, { cause: error })
  }
  if (message === 'Request timeout')
    return new Replic8Error('ERR_REQUEST_TIMEOUT', undefined, { cause: error })
  return new Replic8Error('ERR_CORE_FAILED', `${message}.`, { cause: error })
}
