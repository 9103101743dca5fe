import type { Connection } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { nextTask } from '../next-task.ts'
import { OutgoingQueue } from './outgoing-queue.ts'

/** Above this many bytes on their way `send` gives false. One megabyte was measured to be slower by far. */
const highWaterMark = 262_144
/** At this many bytes or fewer on their way nobody has to wait. */
export const lowWaterMark = 65_536

/** Bytes of small chunks that leave as one message, at most. */
const together = 65_536

/** The text message behind the last bytes of an end. Bytes travel as binary messages. */
const end = 'end'

/** What carries the messages. */
export interface MessageCarrier {
  /** Nothing can be sent yet. */
  readonly connecting?: boolean
  /** Bytes that were sent and have not left yet. */
  readonly bufferedBytes: number
  /** Throws where it is closed. */
  send(message: string | Uint8Array): void
}

export interface MessageConnectionOptions {
  initiator: boolean | undefined
  /** Milliseconds that a closing connection waits for the other end while nothing moves. */
  closeTimeout: number
  /** The largest message, in bytes. */
  messageBytes: number
}

const nothing = () => {}

/**
 * A connection over messages. Small chunks leave together, large ones in pieces, and no more is handed on than the
 * carrier can send soon. Who closes a carrier of messages may lose what is under way; so an end that closes says `end`
 * behind its bytes, the other sends what it has and says its own `end`. What comes then is up to the carrier.
 */
export abstract class MessageConnection<Carrier extends MessageCarrier> implements Connection {
  abstract readonly kind: string
  readonly initiator?: boolean
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  onend?: () => void
  /** Resolves when `onclose` was called. */
  readonly over: Promise<void>
  /** What it ended with, if not by a close. */
  error: Error | undefined

  protected readonly link: Carrier
  protected endSent = false
  protected endReceived = false
  private handler: (chunk: Uint8Array) => void = nothing
  private readonly closeTimeout: number
  private readonly messageBytes: number
  private readonly queue = new OutgoingQueue()
  private scheduled = false
  /** Bytes given to the carrier in this task: some send on while a task runs, and would take all in one go. */
  private handed = 0
  private refused = false
  private ending = false
  private isOver = false
  private deadline: ReturnType<typeof setTimeout> | undefined
  private settle!: () => void

  constructor(link: Carrier, { initiator, closeTimeout, messageBytes }: MessageConnectionOptions) {
    this.over = new Promise((resolve) => {
      this.settle = resolve
    })
    if (initiator !== undefined) this.initiator = initiator
    this.closeTimeout = closeTimeout
    this.messageBytes = messageBytes
    this.link = link
  }

  /** Both ends have said `end`, and this one has everything. May be called more than once. */
  protected abstract onends(): void

  /** Lets go of the carrier now. */
  protected abstract letGo(): void

  get ondata(): (chunk: Uint8Array) => void {
    return this.handler
  }

  set ondata(handler: (chunk: Uint8Array) => void) {
    this.handler = handler
    this.onowner()
  }

  send(chunk: Uint8Array): boolean {
    if (this.ending || this.isOver) return false
    this.queue.push(chunk)
    // Small chunks wait for the end of this task, to leave together.
    if (this.queue.bytes >= together) this.fill()
    if (this.queue.bytes > 0) this.schedule()
    if (this.queue.bytes + this.underWay < highWaterMark) return true
    this.refused = true
    return false
  }

  close(): void {
    if (this.ending || this.isOver) return
    this.ending = true
    this.extendDeadline()
    this.schedule()
    this.onowner()
  }

  abort(err: Error): void {
    this.finish(err)
  }

  /** The carrier brought a message. */
  takeMessage(message: string | Uint8Array): void {
    if (this.isOver) return
    if (this.closing) this.extendDeadline()
    if (typeof message !== 'string') this.takeBytes(message)
    else if (message === end && !this.endReceived) this.takeEnd()
    else if (!this.takeWord(message))
      this.finish(new Replic8Error('ERR_CONNECTION', 'The peer broke the rules of closing.'))
    // In a hidden page timers run once a minute, and messages when they come.
    if (this.refused || this.queue.bytes > 0) this.schedule()
  }

  /** Some of what was sent has left. */
  takeProgress(): void {
    if (this.isOver) return
    if (this.closing) this.extendDeadline()
    if (this.underWay <= lowWaterMark) this.pump()
  }

  /** The owner takes what comes, or does not want any. */
  protected onowner(): void {}

  /** Takes another text than `end`; false where there is none. */
  protected takeWord(_text: string): boolean {
    return false
  }

  /** What a closing connection ends with when the other end says nothing more. */
  protected lateError(): Error | undefined {
    return new Replic8Error('ERR_CONNECTION', 'The peer does not finish closing.')
  }

  /** Sends what it can, and says what there is to say. */
  protected pump(): void {
    if (this.isOver || this.link.connecting) return
    this.fill()
    if (this.isOver) return
    if (this.ending) this.sayEnd()
    else if (this.refused && this.queue.bytes + this.underWay <= lowWaterMark) {
      this.refused = false
      this.ondrain()
    }
  }

  protected sendMessage(message: string | Uint8Array): boolean {
    try {
      this.link.send(message)
      return true
    } catch (error) {
      this.finish(toReplic8Error(error, 'ERR_CONNECTION'))
      return false
    }
  }

  protected get underWay(): number {
    return Math.max(this.link.bufferedBytes, this.handed)
  }

  /** One of the ends has closed, or both. */
  private get closing(): boolean {
    return this.ending || this.endReceived
  }

  protected finish(err?: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.error = err
    clearTimeout(this.deadline)
    this.queue.clear()
    this.letGo()
    // Never from within a call of the owner's.
    queueMicrotask(() => {
      this.settle()
      this.onclose(err)
    })
  }

  private takeBytes(bytes: Uint8Array) {
    if (bytes.length > 0 && !this.endReceived) this.handler(bytes)
  }

  private takeEnd() {
    this.endReceived = true
    this.extendDeadline()
    if (this.onend && !this.ending) return this.onend()
    this.ending = true
    this.pump()
  }

  private schedule() {
    if (this.scheduled) return
    this.scheduled = true
    nextTask(() => {
      this.scheduled = false
      this.handed = 0
      this.pump()
    })
  }

  private fill() {
    while (!this.link.connecting && this.queue.bytes > 0 && this.underWay < highWaterMark) {
      const message = this.queue.take(this.messageBytes, together) as Uint8Array
      if (!this.sendMessage(message)) return
      this.handed += message.length
      this.schedule()
    }
  }

  private sayEnd() {
    if (this.queue.bytes > 0) return
    if (!this.endSent) this.endSent = this.sendMessage(end)
    if (this.endSent && this.endReceived) this.onends()
  }

  private extendDeadline() {
    clearTimeout(this.deadline)
    this.deadline = setTimeout(() => this.finish(this.lateError()), this.closeTimeout)
  }
}
