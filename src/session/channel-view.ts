import type { AnswerGate } from './answer-gate.ts'
import { noteArrival, settleArrivals } from './arrivals.ts'
import { ChannelAnswers } from './channel-answers.ts'
import type { ChannelObserver } from './channel-observer.ts'
import { beginSoon, firstBlocks, giveUpMissing, settleWant, takeBack } from './early-requests.ts'
import type { Engine } from './engine.ts'
import type { ChannelHandlers, DataMessage, EngineChannel, RequestMessage } from './engine-channel.ts'
import { NextBlock } from './next-block.ts'
import { Pace } from './pace.ts'
import type { RequestBudget } from './request-window.ts'
import { isRequester, mend, type Requester } from './requester.ts'
import { askInRuns } from './runs.ts'
import type { StreamView } from './stream-view.ts'
import { firstWant, type Have, type Stated, type Status, type Want } from './unsaid.ts'

/**
 * A channel as a core sees it: hypercore's replication talks to this in place of the channel of hypercore-protocol,
 * so that what goes wrong here costs this feed and not the connection.
 */
export class ChannelView extends ChannelAnswers {
  readonly stream: StreamView
  /** The key of its feed, as hex digits. */
  readonly hex: string
  readonly channel: EngineChannel
  handlers: ChannelHandlers
  /** hypercore's side of the channel; null: somebody else's. */
  private readonly requester: Requester | null
  protected readonly observer: ChannelObserver
  protected readonly gate: AnswerGate
  private readonly budget: RequestBudget
  private pace: Pace | null = null
  private next: NextBlock | null = null
  private over = false
  /** Blocks that the peer has by its word; 0 where nothing was requested by it, or the peer has shown what it has. */
  private assumed = 0
  /** Something was requested, or wanted, on this channel. */
  private hasAsked = false
  private hasWanted = false
  /** The first WANT was left unsaid, and its answer has not come. */
  private leftUnsaid = false

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

  request(message: RequestMessage) {
    const { brake } = this.observer
    if (brake.on) brake.pass(() => this.ask(message))
    else this.ask(message)
  }

  private ask(message: RequestMessage) {
    if (this.closed || this.next?.isAsked(message.index)) return
    this.pace?.asked(message.index)
    this.channel.request(message)
    this.hasAsked = true
  }

  /** A request says the first WANT as well, where all that is expected is stated. */
  override want(message: Want) {
    if (this.closed) return
    const isFirst =
      !this.hasWanted && message.start === firstWant.start && message.length === firstWant.length
    this.hasWanted = true
    if (isFirst && this.hasAsked && this.assumed > 0) this.leftUnsaid = true
    else this.channel.want(message)
  }

  /** A block comes, and nothing came before it in answer to the WANT: the peer has what it has stated. */
  private settle() {
    const isAsStated = this.stated().has === this.assumed
    this.leftUnsaid = false
    this.assumed = 0
    // Another agreement may have stated more since.
    if (isAsStated) settleWant(this.handlers)
    else this.channel.want(firstWant)
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
    const wasCleared = this.readsInVain
    this.close()
    if (error && !wasCleared) this.observer.onerror(error)
  }

  override onstatus(message: Status) {
    this.next?.forget()
    // hypercore waits for no answer any more.
    if (!message.uploading) this.leftUnsaid = false
    super.onstatus(message)
  }

  /** Requests the first blocks with the OPEN, as the peer has said that it has them: nothing of it has to come first. */
  begin() {
    const { has } = this.stated()
    const length = Math.min(has, firstBlocks)
    const { feed } = this.handlers as { feed?: { readonly length: number } }
    if (this.closed || length <= (feed?.length ?? length)) return
    this.assumed = has
    this.call('onhave', { start: 0, length })
  }

  onhave(message: Have) {
    if (!this.pace) this.stretch(message)
    this.next ??= NextBlock.after(message, this, this.requester)
    this.peerHas(message)
    const isShown = this.assumed > 0 && message.bitfield && message.start === 0
    if (isShown) takeBack(this.handlers)
    this.call('onhave', message)
    if (!isShown || this.over) return
    this.assumed = 0
    this.leftUnsaid = false
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
    if (this.leftUnsaid) this.settle()
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
    this.stopAnswering()
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
