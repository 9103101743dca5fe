import { EventEmitter } from 'events'
import { type ChannelObserver, ChannelView } from './channel-view.ts'
import type { Engine } from './engine.ts'
import type { ChannelHandlers } from './engine-channel.ts'
import { type ChannelOptions, configure, isRequester } from './requester.ts'

/** What watches over the channels of a structure. */
export interface ViewObserver extends ChannelObserver {
  /** The structure opened a channel for this feed of its own. */
  onfeed(keyHex: string, feed: unknown): void
}

export interface StreamViewOptions {
  engine: Engine
  /** Whether the structure may open this key. */
  allows(keyHex: string): boolean
  /** The structure destroyed the stream. */
  ondestroy(error?: Error): void
  observer: ViewObserver
}

/**
 * The connection as one structure (a hypercore, a hyperdrive) sees it: a hypercore-protocol stream that knows only the
 * structure's own feeds. Corestores close every channel that they do not know, and offer every core they hold; neither
 * gets through here.
 */
export class StreamView extends EventEmitter {
  readonly initiator: boolean
  readonly live = true
  destroyed = false
  private readonly options: StreamViewOptions
  private readonly channels = new Map<string, ChannelView>()

  constructor(options: StreamViewOptions) {
    super()
    this.options = options
    this.initiator = options.engine.initiator
    this.setMaxListeners(0)
    this.on('error', () => {})
  }

  /** With `initiator` and `pipe`, what makes hypercore take this for a protocol stream. */
  get state() {
    const { publicKey, remotePublicKey } = this.options.engine
    return { publicKey, remotePublicKey }
  }

  get publicKey() {
    return this.options.engine.publicKey
  }

  get remotePublicKey() {
    return this.options.engine.remotePublicKey
  }

  get timeout() {
    return this.options.engine.timeout
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
    if (this.destroyed || !this.options.allows(key.toString('hex'))) return true
    return this.options.engine.opened(key)
  }

  remoteOpened(key: Buffer): boolean {
    return this.options.engine.remoteOpened(key)
  }

  remoteVerified(key: Buffer): boolean {
    return this.options.engine.remoteVerified(key)
  }

  open(key: Buffer, handlers: ChannelHandlers): ChannelView {
    const hex = key.toString('hex')
    const { engine, observer } = this.options
    const channel = new ChannelView(this, engine, key, handlers, {
      onupload: (bytes) => observer.onupload(bytes),
      ondownload: (bytes) => observer.ondownload(bytes),
      onerror: (error) => observer.onerror(error),
      onclose: () => {
        if (this.channels.get(hex) === channel) this.channels.delete(hex)
        if (!this.destroyed) observer.onclose()
      },
      get writable() {
        return observer.writable
      },
      brake: observer.brake,
    })
    this.channels.set(hex, channel)
    // The handlers are hypercore's peer, which names its feed.
    observer.onfeed(hex, (handlers as { feed?: unknown }).feed)
    return channel
  }

  /** A structure may not close by discovery key: it would name channels that are not its own. */
  close() {}

  get openChannels(): number {
    return this.channels.size
  }

  /** Changes what the channels do that are open. */
  configure(options: ChannelOptions) {
    for (const { handlers } of [...this.channels.values()])
      if (isRequester(handlers)) configure(handlers, options)
  }

  resume() {
    for (const channel of [...this.channels.values()]) channel.resume()
  }

  /** Closes the structure's channels; the connection goes on. */
  destroy(error?: Error) {
    if (this.destroyed) return
    this.detach()
    this.options.ondestroy(error)
  }

  /** As `destroy`, without a word to the owner. */
  detach() {
    if (this.destroyed) return
    this.destroyed = true
    for (const channel of [...this.channels.values()]) {
      channel.detach()
    }
    this.emit('close')
    this.removeAllListeners()
  }
}
