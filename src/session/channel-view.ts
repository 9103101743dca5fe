import type { AnswerGate } from './answer-gate.ts'
import { Arrivals } from './arrivals.ts'
import type { Brake } from './brake.ts'
import type { Engine } from './engine.ts'
import type { ChannelHandlers, DataMessage, EngineChannel, RequestMessage } from './engine-channel.ts'
import { IncomingMessages, type Receiver } from './incoming-messages.ts'
import { Pace } from './pace.ts'
import { isRequester, mend } from './requester.ts'
import { askInRuns } from './runs.ts'
import type { StreamKeys, StreamView } from './stream-view.ts'

/** What a feed's channel tells the one who watches over it. */
export interface ChannelObserver {
  /** A block went to the peer. */
  onupload(bytes: number): void
  /** A block came from the peer; it is not verified yet. */
  ondownload(bytes: number): void
  /** The core gave up on this channel, or a handler of it threw. */
  onerror(error: Error): void
  /** The channel is closed, by the peer or by the core. */
  onclose(channel: ChannelView): void
  /** False while the transport takes nothing: answers to requests wait. */
  readonly writable: boolean
  /** Holds own requests back. */
  readonly brake: Brake
  /** Nobody has said how many requests may be on their way. */
  readonly paced: boolean
}

/** Requests of a peer that wait while the transport takes nothing; a peer with more than this asks without reading. */
const heldRequests = 65_536

/**
 * A channel as a core sees it: hypercore's replication talks to this in place of the channel of hypercore-protocol,
 * so that what goes wrong here costs this feed and not the connection.
 */
export class ChannelView implements Receiver {
  readonly stream: StreamView
  readonly channel: EngineChannel
  handlers: ChannelHandlers
  private readonly observer: ChannelObserver
  private readonly gate: AnswerGate
  private readonly arrivals: Arrivals
  private readonly pace: Pace | null
  private held: unknown[] = []
  private head = 0
  /** Requests that the core reads blocks for. */
  private reading = 0
  private over = false

  constructor(
    view: StreamView,
    engine: Engine,
    key: Buffer,
    handlers: ChannelHandlers,
    observer: ChannelObserver,
  ) {
    this.stream = view
    this.handlers = handlers
    this.pace = isRequester(handlers) ? new Pace(handlers, engine.requests, observer) : null
    if (isRequester(handlers)) {
      mend(handlers)
      askInRuns(handlers)
    }
    this.observer = observer
    this.gate = engine.answers
    this.arrivals = new Arrivals(handlers)
    this.channel = engine.open(key, new IncomingMessages(this))
    observer.brake.add(handlers)
  }

  get state(): StreamKeys {
    return this.stream.state
  }

  get key(): Buffer | null {
    return this.channel.key
  }

  get discoveryKey(): Buffer {
    return this.channel.discoveryKey
  }

  get localId() {
    return this.channel.localId
  }

  get remoteId() {
    return this.channel.remoteId
  }

  get opened() {
    return !this.over && this.channel.opened
  }

  get closed() {
    return this.over || this.channel.closed
  }

  get remoteOpened() {
    return this.channel.remoteOpened
  }

  get remoteVerified() {
    return this.channel.remoteVerified
  }

  options(message: unknown) {
    if (!this.closed) this.channel.options(message)
  }

  status(message: unknown) {
    if (!this.closed) this.channel.status(message)
  }

  have(message: unknown) {
    if (!this.closed) this.channel.have(message)
  }

  unhave(message: unknown) {
    if (!this.closed) this.channel.unhave(message)
  }

  want(message: unknown) {
    if (!this.closed) this.channel.want(message)
  }

  unwant(message: unknown) {
    if (!this.closed) this.channel.unwant(message)
  }

  request(message: RequestMessage) {
    const { brake } = this.observer
    if (brake.on) brake.pass(() => this.ask(message))
    else this.ask(message)
  }

  private ask(message: RequestMessage) {
    if (this.closed) return
    this.pace?.asked(message.index)
    this.channel.request(message)
  }

  cancel(message: unknown) {
    if (!this.closed) this.channel.cancel(message)
  }

  data(message: DataMessage) {
    if (this.closed) return
    this.channel.data(message)
    if (message.value) this.observer.onupload(message.value.length)
    if (this.reading === 0) return
    this.reading--
    this.gate.end()
  }

  extension(id: number, message: Buffer) {
    if (!this.closed) this.channel.extension(id, message)
  }

  close() {
    if (!this.finish()) return
    this.channel.close()
    this.observer.onclose(this)
  }

  /** Closes the channel, and tells the core so. */
  detach() {
    if (!this.finish()) return
    this.channel.close()
    this.tellClosed()
    this.observer.onclose(this)
  }

  /** hypercore calls this on a storage error, an invalid proof and a request timeout. */
  destroy(error?: Error) {
    if (this.over) return
    this.close()
    if (error) this.observer.onerror(error)
  }

  /** Answers the requests that had to wait, as far as there is room. */
  readonly resume = () => {
    while (this.head < this.held.length && this.observer.writable && this.gate.open && !this.closed) {
      this.answer(this.held[this.head++])
    }
    if (this.head === this.held.length) this.held = []
    else if (this.head < heldRequests) return this.waitForRoom()
    else this.held = this.held.slice(this.head)
    this.head = 0
    this.waitForRoom()
  }

  onrequest(message: unknown) {
    if (this.held.length === 0 && this.observer.writable && this.gate.open) return this.answer(message)
    if (this.held.length - this.head >= heldRequests) return
    this.held.push(message)
    this.waitForRoom()
  }

  /** The gate tells when storage has room; that the transport has is told from outside. */
  private waitForRoom() {
    if (this.held.length > 0 && this.observer.writable && !this.closed) this.gate.wait(this.resume)
  }

  private answer(request: unknown) {
    this.reading++
    this.gate.begin()
    this.call('onrequest', request)
  }

  /** Calls the core; what it throws is this feed's problem. */
  call(name: keyof ChannelHandlers, message?: unknown, more?: unknown) {
    if (this.over) return
    try {
      const handler = this.handlers[name] as ((...args: unknown[]) => void) | undefined
      handler?.call(this.handlers, message, more)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  ondata(message: DataMessage) {
    if (message.value) this.observer.ondownload(message.value.length)
    this.arrivals.note(message.index)
    this.pace?.came(message.index, message.value?.length ?? 0)
    this.call('ondata', message)
  }

  /** The peer closed the channel. */
  onclose() {
    if (!this.finish()) return
    this.tellClosed()
    this.observer.onclose(this)
  }

  /** False where it was over before. */
  private finish(): boolean {
    if (this.over) return false
    this.over = true
    this.held = []
    this.head = 0
    this.gate.end(this.reading)
    this.reading = 0
    this.pace?.stop()
    this.observer.brake.remove(this.handlers)
    return true
  }

  /** hypercore lets go of the channel when it hears of the close. */
  private tellClosed() {
    this.arrivals.settle(() => {
      try {
        this.handlers.onclose?.()
      } catch (error) {
        this.observer.onerror(error as Error)
      }
    })
  }
}
