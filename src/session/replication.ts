import type { Brake } from './brake.ts'
import {
  type Core,
  type Feed,
  feedCount,
  feedsOf,
  isFeed,
  keyIn,
  keyOf,
  type Named,
  restLength,
} from './core.ts'
import { asItIs, Download, type ReplicateOptions } from './download.ts'
import type { Engine } from './engine.ts'
import type { Meter } from './meter.ts'
import { Part, type PartHooks } from './part.ts'
import type { ChannelOptions } from './requester.ts'
import { StreamView, type ViewOwner } from './stream-view.ts'
import { nothingStated, type Stated } from './unsaid.ts'

export interface ReplicationHooks {
  /** Something changed: lengths, or what is here of a download. */
  ondirty(replication: Replication): void
  /** The core failed for this session; its channels are closed. */
  onfail(replication: Replication, error: Error): void
  /** The core was closed by the application. */
  oncoreclosed(replication: Replication): void
  /** What the control messages have said of a feed of a core, by its place in the core. */
  stated(replication: Replication, index: number): Stated
  readonly writable: boolean
  readonly brake: Brake
}

/** Payload bytes that one feed moved on this session. */
export interface Traffic {
  sent: number
  received: number
}

const noParts: readonly undefined[] = []

/** One core in one session: its feeds, their channels while an agreement stands, and its download. */
export class Replication implements ViewOwner, PartHooks, Named {
  readonly hex: string
  readonly traffic: Traffic
  readonly download: Download
  /** A new array for each change: mostly there is one, and an array that grows takes room for many. */
  parts: readonly (Part | undefined)[] = noParts
  core: Core
  /** True when the session has let go of the core. */
  released = false
  /** Its feeds are named as they become known. */
  watched = false
  /** It waits to be looked at: see `Changes`. */
  changed = false
  private readonly hooks: ReplicationHooks
  private readonly meter: Meter
  private options = asItIs
  /** The peer has taken an offer of it, and relies on getting it. */
  private offered = false
  private engine: Engine | null = null
  private view: StreamView | null = null
  private stopNaming: (() => void) | null = null
  private knownKey: Buffer | undefined

  constructor(core: Core, hex: string, traffic: Traffic, meter: Meter, hooks: ReplicationHooks) {
    this.core = core
    this.hex = hex
    this.traffic = traffic
    this.meter = meter
    this.hooks = hooks
    const key = keyOf(core)
    if (Buffer.isBuffer(key)) this.knownKey = key
    this.download = new Download(this)
  }

  /** The core's own Buffer; undefined where it has another key than is thought, or none. */
  get key(): Buffer | undefined {
    const key = keyOf(this.core)
    // A feed replaces the Buffer when it opens.
    if (this.knownKey !== key) this.knownKey = keyIn(this.core, this.hex)
    return this.knownKey
  }

  get feedLimit(): number {
    return feedCount(this.core) ?? 1
  }

  get restLength(): number | undefined {
    return restLength(this.core)
  }

  get feedKeys(): string[] {
    return this.parts.flatMap((part) => part?.hex ?? [])
  }

  ondirty() {
    this.download.change()
    this.hooks.ondirty(this)
  }

  /** Looks for the feeds of the core, which is open now. */
  watch() {
    if (this.released || this.watched) return
    this.watched = true
    this.stopNaming = feedsOf(this.core, this)
    this.ondirty()
  }

  /** Takes a core of the same key that holds more in place of this one: a drive in place of its metadata. */
  replace(core: Core) {
    const { engine } = this
    this.unwatch()
    this.view?.detach()
    this.view = null
    this.core = core
    if (engine) this.open(engine)
  }

  /** How the core shall take part from here on. */
  configure(options: ReplicateOptions) {
    const before = this.options
    if (options === before) return
    this.options = options
    this.download.configure(options)
    const names = ['download', 'upload', 'maxRequests'] as const
    if (names.some((name) => before[name] !== options[name])) this.view?.configure(this.channelOptions)
  }

  /** The peer takes it: it is uploaded, whatever was said where it was taken from the peer. */
  offer() {
    if (this.offered) return
    this.offered = true
    if (this.options.upload === false) this.view?.configure(this.channelOptions)
  }

  /** Opens the channels. */
  open(engine: Engine) {
    if (this.view || this.released) return
    this.engine = engine
    this.view = new StreamView(engine, this)
    this.replicate(this.core, this.view)
    this.attach()
  }

  /** Opens the channels that are not open yet: of new feeds, and those that another core held until now. */
  attach() {
    const { view } = this
    if (!view) return
    if (this.parts.some((part) => part?.closed)) return view.destroy()
    for (const part of this.parts)
      if (part && !view.destroyed && !view.has(part.hex)) this.replicate(part.feed, view)
  }

  /** Closes the channels and stops fetching; the core stays watched. */
  close() {
    this.view?.detach()
    this.view = null
    this.engine = null
    this.download.stop()
  }

  /** Lets go of the core. */
  release() {
    this.close()
    this.released = true
    this.unwatch()
  }

  /** Answers to requests may flow again. */
  resume() {
    this.view?.resume()
  }

  /** Whether a feed is one of the core's own. */
  owns(hex: string): boolean {
    return hex === this.hex || this.parts.some((part) => part?.hex === hex)
  }

  private get channelOptions(): ChannelOptions {
    const { download, upload, maxRequests } = this.options
    return { download, upload: this.offered ? undefined : upload, maxRequests }
  }

  private replicate(core: Core, view: StreamView) {
    const { download, upload, maxRequests } = this.channelOptions
    const options: ChannelOptions & { stream: StreamView; live: boolean } = { stream: view, live: true }
    if (download !== undefined) options.download = download
    if (upload !== undefined) options.upload = upload
    if (maxRequests !== undefined) options.maxRequests = maxRequests
    try {
      const result = core.replicate(view.initiator, options) as
        | { then?: unknown; catch?: unknown }
        | undefined
      // A stream is what hypercore gives; an own core may give a promise, which can reject.
      if (typeof result?.then === 'function')
        Promise.resolve(result).catch((error: Error) => view.destroy(error))
    } catch (error) {
      view.destroy(error as Error)
    }
  }

  onnamed(index: number, feed: Feed) {
    if (this.released || this.parts[index]) return
    const parts = [...this.parts]
    parts[index] = new Part(feed, this.hexOf(feed.key), this)
    this.parts = parts
    this.download.fetch()
    this.attach()
    this.ondirty()
  }

  private unwatch() {
    this.watched = false
    this.stopNaming?.()
    this.stopNaming = null
    const { parts } = this
    this.parts = noParts
    for (const part of parts) part?.release()
  }

  onupload(bytes: number) {
    this.traffic.sent += bytes
    this.meter.sent(bytes)
  }

  ondownload(bytes: number) {
    this.traffic.received += bytes
    this.meter.received(bytes)
  }

  stated(hex: string): Stated {
    const index = hex === this.hex ? 0 : this.parts.findIndex((part) => part?.hex === hex)
    return index < 0 ? nothingStated : this.hooks.stated(this, index)
  }

  onerror(error: Error) {
    this.view?.destroy(error)
  }

  /** A wrapper around a hypercore shows what it wraps no earlier than here. */
  onfeed(hex: string, feed: unknown) {
    if (hex === this.hex && feedCount(this.core) === undefined && isFeed(feed)) this.onnamed(0, feed)
  }

  /** The peer may close a channel for one agreement while it does not know of another yet: it is opened again. */
  onclose() {
    queueMicrotask(() => this.attach())
  }

  get writable(): boolean {
    return this.hooks.writable
  }

  get brake(): Brake {
    return this.hooks.brake
  }

  get paced(): boolean {
    return this.options.maxRequests === undefined
  }

  oncoreclosed() {
    this.hooks.oncoreclosed(this)
  }

  /** Most cores are one feed, with one Buffer for the key. */
  hexOf(key: Buffer): string {
    return key === this.key ? this.hex : key.toString('hex')
  }

  allows(hex: string): boolean {
    return this.owns(hex)
  }

  ondestroy(error?: Error) {
    this.view = null
    if (error) this.hooks.onfail(this, error)
    else this.hooks.oncoreclosed(this)
  }
}
