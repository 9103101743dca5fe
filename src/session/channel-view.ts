import type { AnswerGate } from './answer-gate.ts'
import { noteArrival, settleArrivals } from './arrivals.ts'
import { ChannelFront } from './channel-front.ts'
import type { ChannelObserver } from './channel-observer.ts'
import {
  type BlockRequest,
  beginSoon,
  firstBlocks,
  giveUpMissing,
  isInVain,
  takeBack,
} from './early-requests.ts'
import type { Engine } from './engine.ts'
import type { ChannelHandlers, DataMessage, EngineChannel, RequestMessage } from './engine-channel.ts'
import { isAwaited, NextBlock } from './next-block.ts'
import { Pace } from './pace.ts'
import type { RequestBudget } from './request-window.ts'
import { isRequester, mend, type Requester } from './requester.ts'
import { askInRuns } from './runs.ts'
import type { StreamView } from './stream-view.ts'
import { type Asked, isWant, Unanswered } from './unanswered.ts'
import { type Have, isKnown, type Stated, type Status, type Want } from './unsaid.ts'

/**
 * A channel as a core sees it: hypercore's replication talks to this in place of the channel of hypercore-protocol,
 * so that what goes wrong here costs this feed and not the connection.
 */
export class ChannelView extends ChannelFront {
  readonly stream: StreamView
  /** The key of its feed, as hex digits. */
  readonly hex: string
  readonly channel: EngineChannel
  handlers: ChannelHandlers
  /** hypercore's side of the channel; null: somebody else's. */
  private readonly requester: Requester | null
  private readonly observer: ChannelObserver
  private readonly gate: AnswerGate
  private readonly budget: RequestBudget
  private pace: Pace | null = null
  private next: NextBlock | null = null
  /** The request of the peer's for a block that is not here yet. */
  private awaited: BlockRequest | null = null
  /** The question of the peer's that is being answered. */
  private question: Want | null = null
  /** What the peer takes for so while it hears nothing else. */
  private uploading = true
  /** What waits to be answered. */
  private held: Unanswered | null = null
  /** Requests that the core reads blocks for. */
  private reading = 0
  /** What the core reads blocks for. */
  private asked: BlockRequest[] = []
  private over = false
  /** Blocks were requested by the peer's word; what it has it has not shown yet. */
  private isEarly = false

  constructor(
    view: StreamView & ChannelObserver,
    engine: Engine,
    key: Buffer,
    hex: string,
    handlers: ChannelHandlers,
  ) {
    super()
    this.stream = view
    this.observer = view
    this.hex = hex
    this.handlers = handlers
    this.requester = isRequester(handlers) ? handlers : null
    this.budget = engine.requests
    if (this.requester) mend(this.requester)
    this.gate = engine.answers
    this.channel = engine.open(key, this)
    view.brake.add(handlers)
    // When the core has the channel.
    if (this.requester) beginSoon(this)
  }

  get opened() {
    return !this.over && this.channel.opened
  }

  get closed() {
    return this.over || this.channel.closed
  }

  /** Whether an end downloads matters at the end of a channel that is not live; here all are. */
  status(message: Status) {
    if (this.closed || message.uploading === this.uploading) return
    this.uploading = message.uploading
    this.awaited = null
    this.channel.status(message)
  }

  have(message: Have) {
    if (this.closed) return
    const { awaited, question } = this
    if (awaited && !question && isAwaited(message, awaited)) {
      this.awaited = null
      this.onrequest(awaited)
      // The block says so itself.
      if ((message.length ?? 1) === 1) return
    }
    if (!isKnown(message, question, this)) this.channel.have(message)
  }

  request(message: RequestMessage) {
    const { brake } = this.observer
    if (brake.on) brake.pass(() => this.ask(message))
    else this.ask(message)
  }

  private ask(message: RequestMessage) {
    if (this.closed || this.next?.isAsked(message.index)) return
    this.pace?.asked(message.index)
    this.channel.request(message)
  }

  data(message: DataMessage) {
    if (this.closed) return
    this.channel.data(message)
    if (message.value) this.observer.onupload(message.value.length)
    const asked = this.asked.findIndex(({ index }) => index === message.index)
    if (asked >= 0) this.asked.splice(asked, 1)
    if (this.reading === 0) return
    this.reading--
    this.gate.end()
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
    // What was cleared while it was read fails nobody: the channel is opened again.
    const wasCleared = this.asked.some((request) => isInVain(request, this.handlers))
    this.close()
    if (error && !wasCleared) this.observer.onerror(error)
  }

  /** Answers the requests that had to wait, as far as there is room. */
  resume() {
    while (this.held && this.observer.writable && this.gate.open && !this.closed) {
      const asked = this.held.shift()
      if (this.held.length === 0) this.held = null
      this.answer(asked)
    }
    this.waitForRoom()
  }

  override onstatus(message: unknown) {
    this.next?.forget()
    super.onstatus(message)
  }

  onwant(message: Want) {
    if (!this.held && this.observer.writable) this.tell(message)
    else this.postpone(message)
  }

  private tell(message: Want) {
    this.question = message
    this.call('onwant', message)
    this.question = null
  }

  /** Requests the first blocks with the OPEN, as the peer has said that it has them: nothing of it has to come first. */
  begin() {
    const length = Math.min(this.stated().has, firstBlocks)
    const { feed } = this.handlers as { feed?: { readonly length: number } }
    if (this.closed || length <= (feed?.length ?? length)) return
    this.isEarly = true
    this.call('onhave', { start: 0, length })
  }

  onhave(message: Have) {
    if (!this.pace) this.stretch(message)
    this.next ??= NextBlock.after(message, this, this.requester)
    if (this.awaited && isAwaited(message, this.awaited)) this.awaited = null
    const isShown = this.isEarly && message.bitfield && message.start === 0
    if (isShown) takeBack(this.handlers)
    this.call('onhave', message)
    if (!isShown || this.over) return
    this.isEarly = false
    giveUpMissing(this.handlers)
  }

  /** Where the feed is long enough for it, looks to how much is asked for at a time, and in what order. */
  private stretch({ start, bitfield }: Have) {
    const { requester } = this
    if (!requester || this.over) return
    if (start < firstBlocks) {
      if (!bitfield) return
      const { has } = this.stated()
      if (has > 0 && has <= firstBlocks) return
    }
    this.pace = new Pace(requester, this.budget, this.observer)
    askInRuns(requester)
  }

  stated(): Stated {
    return this.observer.stated(this)
  }

  onrequest(message: unknown) {
    if (!this.held && this.observer.writable && this.gate.open) this.answer(message as BlockRequest)
    else this.postpone(message as BlockRequest)
  }

  private postpone(asked: Asked) {
    this.held ??= new Unanswered()
    this.held.push(asked)
    this.waitForRoom()
  }

  /** The gate tells when storage has room; that the transport has is told from outside. */
  private waitForRoom() {
    if (this.held && this.observer.writable && !this.closed) this.gate.wait(this)
  }

  private answer(request: Asked) {
    if (isWant(request)) return this.tell(request)
    if (isInVain(request, this.handlers)) return this.hold(request)
    // A feed of one block is asked for once: no room for more is made before there is more.
    if (this.asked.length > 0) this.asked.push(request)
    else this.asked = [request]
    this.reading++
    this.gate.begin()
    this.call('onrequest', request)
  }

  private hold(request: BlockRequest) {
    if (this.uploading && request.index >= (this.awaited?.index ?? 0)) this.awaited = request
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
    this.next?.came(message.index)
    if (this.requester) noteArrival(this.requester, message.index)
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
    this.held = null
    this.gate.end(this.reading)
    this.reading = 0
    this.pace?.stop()
    this.observer.brake.remove(this.handlers)
    return true
  }

  /** hypercore lets go of the channel when it hears of the close. */
  private tellClosed() {
    const tell = () => {
      try {
        this.handlers.onclose?.()
      } catch (error) {
        this.observer.onerror(error as Error)
      }
    }
    if (this.requester) settleArrivals(this.requester, tell)
    else tell()
  }
}
