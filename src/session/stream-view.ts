import { EventEmitter } from 'events'
import { Few } from '../few.ts'
import type { Brake } from './brake.ts'
import type { ChannelObserver } from './channel-observer.ts'
import { ChannelView } from './channel-view.ts'
import type { Engine } from './engine.ts'
import type { ChannelHandlers } from './engine-channel.ts'
import { type ChannelOptions, configure, isRequester } from './requester.ts'
import type { Stated } from './unsaid.ts'

/** What watches over the channels of a structure. */
export interface ViewOwner extends Omit<ChannelObserver, 'stated'> {
  /** What the control messages have said of a feed. */
  stated(keyHex: string): Stated
  /** A key as hex digits. */
  hexOf(key: Buffer): string
  /** Whether the structure may open this key. */
  allows(keyHex: string): boolean
  /** The structure opened a channel for this feed of its own. */
  onfeed(keyHex: string, feed: unknown): void
  /** The structure destroyed the stream. */
  ondestroy(error?: Error): void
}

/** The static Noise keys of both ends, as hypercore-protocol shows them. */
export interface StreamKeys {
  publicKey: Buffer | null
  remotePublicKey: Buffer | null
}

/** An emitter without what `new EventEmitter` makes at once: there is one for each feed, and hypercore listens to none. */
function Lazy() {}
Lazy.prototype = EventEmitter.prototype
const LazyEmitter = Lazy as unknown as new () => EventEmitter

/**
 * The connection as one structure (a hypercore, a hyperdrive) sees it: a hypercore-protocol stream that knows only the
 * structure's own feeds. Corestores close every channel that they do not know, and offer every core they hold; neither
 * gets through here.
 */
export class StreamView extends LazyEmitter implements ChannelObserver {
  readonly initiator: boolean
  readonly live = true
  destroyed = false
  private askedKey: Buffer | null = null
  private askedHex = ''
  private readonly engine: Engine
  private readonly owner: ViewOwner
  private readonly channels = new Few<string, ChannelView>()

  constructor(engine: Engine, owner: ViewOwner) {
    super()
    this.engine = engine
    this.owner = owner
    this.initiator = engine.initiator
    this.setMaxListeners(0)
  }

  /** An 'error' that nobody listens to ends no process. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return (event !== 'error' || this.listenerCount(event) > 0) && super.emit(event, ...args)
  }

  /** With `initiator` and `pipe`, what makes hypercore take this for a protocol stream. */
  get state(): StreamKeys {
    return this
  }

  get publicKey(): Buffer | null {
    return this.engine.publicKey
  }

  get remotePublicKey(): Buffer | null {
    return this.engine.remotePublicKey
  }

  get timeout() {
    return this.engine.timeout
  }

  get remoteAddress() {
    return null
  }

  get remoteType() {
    return 'replic8'
  }

  /** Never piped: the session moves the bytes. */
  pipe<T>(destination: T): T {
    return destination
  }

  /** True also for a feed that is not the structure's: it then leaves that feed alone. */
  opened(key: Buffer): boolean {
    if (this.destroyed || !this.owner.allows(this.hexOf(key))) return true
    return this.engine.opened(key)
  }

  /** Whether the structure has a channel of a feed open. */
  has(hex: string): boolean {
    return this.channels.get(hex) !== undefined
  }

  remoteOpened(key: Buffer): boolean {
    return this.engine.remoteOpened(key)
  }

  /** The peer knows the key of what was agreed on: no capability says so. */
  remoteVerified(key: Buffer): boolean {
    return this.engine.remoteOpened(key)
  }

  open(key: Buffer, handlers: ChannelHandlers): ChannelView {
    const hex = this.hexOf(key)
    const channel = new ChannelView(this, this.engine, key, hex, handlers)
    this.channels.set(hex, channel)
    // The handlers are hypercore's peer, which names its feed.
    this.owner.onfeed(hex, (handlers as { feed?: unknown }).feed)
    return channel
  }

  /** hypercore asks whether it is open, and opens it then: mostly one feed, with one Buffer for its key. */
  private hexOf(key: Buffer): string {
    if (this.askedKey !== key) {
      this.askedKey = key
      this.askedHex = this.owner.hexOf(key)
    }
    return this.askedHex
  }

  /** A structure may not close by discovery key: it would name channels that are not its own. */
  close() {}

  onupload(bytes: number) {
    this.owner.onupload(bytes)
  }

  ondownload(bytes: number) {
    this.owner.ondownload(bytes)
  }

  onerror(error: Error) {
    this.owner.onerror(error)
  }

  stated({ hex }: ChannelView): Stated {
    return this.owner.stated(hex)
  }

  onclose(channel: ChannelView) {
    if (this.channels.get(channel.hex) === channel) this.channels.delete(channel.hex)
    if (!this.destroyed) this.owner.onclose(channel)
  }

  get writable(): boolean {
    return this.owner.writable
  }

  get brake(): Brake {
    return this.owner.brake
  }

  get paced(): boolean {
    return this.owner.paced
  }

  get openChannels(): number {
    return this.channels.size
  }

  /** Changes what the channels do that are open. */
  configure(options: ChannelOptions) {
    for (const { handlers } of [...this.channels.values()])
      if (isRequester(handlers)) configure(handlers, options)
  }

  resume() {
    for (const channel of this.channels.values()) channel.resume()
  }

  /** Closes the structure's channels; the connection goes on. */
  destroy(error?: Error) {
    if (this.destroyed) return
    this.detach()
    this.owner.ondestroy(error)
  }

  /** As `destroy`, without a word to the owner. */
  detach() {
    if (this.destroyed) return
    this.destroyed = true
    for (const channel of this.channels.values()) {
      channel.detach()
    }
    this.emit('close')
    this.removeAllListeners()
  }
}
