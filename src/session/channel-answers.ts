import type { AnswerGate } from './answer-gate.ts'
import { ChannelFront } from './channel-front.ts'
import type { ChannelObserver } from './channel-observer.ts'
import { type BlockRequest, isInVain, knowsAll } from './early-requests.ts'
import type { ChannelHandlers, DataMessage } from './engine-channel.ts'
import { isAwaited } from './next-block.ts'
import { type Asked, isWant, Unanswered } from './unanswered.ts'
import { firstWant, type Have, isKnown, type Stated, type Status, type Want } from './unsaid.ts'

/** A core whose blocks are asked for, as far as it tells how large they are. */
interface Reading {
  readonly feed?: { readonly byteLength?: number; readonly length?: number }
}

const nothing: readonly never[] = []

/** The answering half of a channel: what the peer wants of this end. */
export abstract class ChannelAnswers extends ChannelFront {
  abstract handlers: ChannelHandlers
  /** At the gate. */
  isWaiting = false
  protected abstract readonly observer: ChannelObserver
  protected abstract readonly gate: AnswerGate
  /** The request of the peer's for a block that is not here yet. */
  private awaited: BlockRequest | null = null
  /** The question of the peer's that is being answered. */
  private question: Want | null = null
  /** What the peer takes for so while it hears nothing else. */
  private uploading = true
  /** What waits to be answered. */
  private held: Unanswered | null = null
  /** The peer has said what it wants to know, or a request of its has said so. */
  private hasHeard = false
  /** What the core reads blocks for. */
  private asked: readonly BlockRequest[] = nothing
  /** Requests that the gate counts, and the bytes that it counts for them. */
  private reading = 0
  private readingBytes = 0

  abstract stated(): Stated

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

  data(message: DataMessage) {
    if (this.closed) return
    this.channel.data(message)
    if (message.value) this.observer.onupload(message.value.length)
    this.answered(message.index)
    if (this.reading === 0) return
    const bytes = this.readingBytes / this.reading--
    this.readingBytes -= bytes
    this.gate.end(bytes)
  }

  private answered(index: number) {
    const { asked } = this
    if (asked.length === 1 && asked[0]?.index === index) this.asked = nothing
    else if (asked.length > 1) {
      const place = asked.findIndex((request) => request.index === index)
      if (place >= 0) (asked as BlockRequest[]).splice(place, 1)
    }
  }

  /** What was cleared while it was read. */
  protected get readsInVain(): boolean {
    return this.asked.some((request) => isInVain(request, this.handlers))
  }

  /** The channel is over. */
  protected stopAnswering() {
    this.held = null
    if (this.reading > 0) this.gate.end(this.readingBytes)
    this.reading = this.readingBytes = 0
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

  onwant(message: Want) {
    this.hasHeard = true
    if (!this.held && this.observer.writable) this.tell(message)
    else this.postpone(message)
  }

  private tell(message: Want) {
    this.question = message
    this.call('onwant', message)
    this.question = null
  }

  /** The first request stands for the first WANT, where none came before it. */
  private onimplied() {
    this.hasHeard = true
    if (!this.held && this.observer.writable) this.tellImplied()
    else this.postpone(firstWant)
  }

  private tellImplied() {
    if (!knowsAll(this.handlers, this.stated().told)) this.tell(firstWant)
  }

  onrequest(message: unknown) {
    if (!this.hasHeard) this.onimplied()
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
    if (request === firstWant) return this.tellImplied()
    if (isWant(request)) return this.tell(request)
    if (isInVain(request, this.handlers)) return this.hold(request)
    // A feed of one block is asked for once: no room for more is made before there is more.
    if (this.asked.length > 0) (this.asked as BlockRequest[]).push(request)
    else this.asked = [request]
    this.reading++
    this.readingBytes += this.gate.begin((this.handlers as Reading).feed)
    this.call('onrequest', request)
  }

  /** What the peer has, it does not wait for. */
  protected peerHas(message: Have) {
    if (this.awaited && isAwaited(message, this.awaited)) this.awaited = null
  }

  private hold(request: BlockRequest) {
    if (this.uploading && request.index >= (this.awaited?.index ?? 0)) this.awaited = request
  }
}
