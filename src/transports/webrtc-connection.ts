import type { Connection } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { nextTask } from './next-task.ts'
import { OutgoingQueue } from './outgoing-queue.ts'

/** What carries the messages: an RtcLink. */
export interface MessageLink {
  /** The largest message, in bytes. */
  readonly messageBytes: number
  /** Bytes that were sent and have not left yet. */
  readonly bufferedBytes: number
  /** Throws when the link is closed. */
  send(message: string | Uint8Array): void
  /** Closes the channel so that the other end is sure to hear of it. Only when nothing is under way. */
  close(): void
  destroy(): void
}

/** Above this many bytes on their way `send` gives false. One megabyte was measured to be slower by far. */
export const highWaterMark = 262_144
/** At this many bytes or fewer `ondrain` is called. */
export const lowWaterMark = 65_536

/**
 * What the ends tell each other beside the bytes, as text messages. `end`: nothing more comes from here. `confirm`,
 * from the end that answered the call to the one that made it: everything has arrived in both directions.
 */
const end = 'end'
const confirm = 'confirm'

const nothing = () => {}

/**
 * A connection over one data channel. Closing a data channel may drop what is queued, and looks the same as a page
 * that went away. So an end that closes sends `end` behind its bytes; the other sends what it has and its own `end`.
 * The initiator closes the channel only when the other has confirmed both. Without that it was a cut.
 */
export class WebRtcConnection implements Connection {
  readonly kind = 'webrtc'
  readonly initiator: boolean
  ondata: (chunk: Uint8Array) => void = nothing
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  /** Resolves when `onclose` was called. */
  readonly over: Promise<void>
  /** What it ended with, if not by a close. */
  error: Error | undefined

  readonly #link: MessageLink
  readonly #closeTimeout: number
  readonly #queue = new OutgoingQueue()
  #scheduled = false
  /** Bytes given to the link in this task: some links send on while a task runs, and would take all in one go. */
  #handed = 0
  #refused = false
  #ending = false
  #endSent = false
  #endReceived = false
  #confirmed = false
  #over = false
  #deadline: ReturnType<typeof setTimeout> | undefined
  #settle!: () => void

  /** @param closeTimeout milliseconds that a closing connection waits while nothing moves */
  constructor(link: MessageLink, options: { initiator: boolean; closeTimeout: number }) {
    this.initiator = options.initiator
    this.#link = link
    this.#closeTimeout = options.closeTimeout
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  send(chunk: Uint8Array): boolean {
    if (this.#ending || this.#over) return false
    this.#queue.push(chunk)
    // Small chunks wait for the end of this task, to leave together.
    if (this.#queue.bytes >= this.#link.messageBytes) this.#fillChannel()
    if (this.#queue.bytes > 0) this.#schedule()
    if (this.#queue.bytes + this.#underWay() < highWaterMark) return true
    this.#refused = true
    return false
  }

  close(): void {
    if (this.#ending || this.#over) return
    this.#ending = true
    this.#extendDeadline()
    this.#schedule()
  }

  abort(err: Error): void {
    this.#finish(err)
  }

  /** The link brought a message. */
  takeMessage(message: string | Uint8Array): void {
    if (this.#over) return
    if (this.#ending) this.#extendDeadline()
    if (typeof message !== 'string') this.#takeBytes(message)
    else if (message === end && !this.#endReceived) this.#takeEnd()
    else if (message === confirm && this.initiator && this.#endReceived && this.#endSent) this.#letGo()
    else this.#finish(new Replic8Error('ERR_CONNECTION', 'The peer broke the rules of closing.'))
  }

  /** The link has room again. */
  takeLow(): void {
    if (this.#over) return
    if (this.#ending) this.#extendDeadline()
    this.#pump()
  }

  /** The link is over. */
  takeOver(err: Error | undefined): void {
    this.#finish(this.#confirmed ? undefined : lostError(err))
  }

  #takeBytes(bytes: Uint8Array): void {
    if (!this.#endReceived) this.ondata(bytes)
  }

  #takeEnd(): void {
    this.#endReceived = true
    this.#ending = true
    this.#extendDeadline()
    this.#pump()
  }

  /** Both ends have everything. The channel is closed in order, which reaches the other end even if a packet is lost. */
  #letGo(): void {
    this.#confirmed = true
    this.#link.close()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    nextTask(() => {
      this.#scheduled = false
      this.#handed = 0
      if (!this.#over) this.#pump()
    })
  }

  #pump(): void {
    this.#fillChannel()
    if (this.#over) return
    if (this.#ending) this.#sayEnd()
    else if (this.#refused && this.#queue.bytes + this.#underWay() <= lowWaterMark) {
      this.#refused = false
      this.ondrain()
    }
  }

  #fillChannel(): void {
    while (this.#queue.bytes > 0 && this.#underWay() < highWaterMark) {
      const message = this.#queue.take(this.#link.messageBytes) as Uint8Array
      if (!this.#sendMessage(message)) return
      this.#handed += message.length
      this.#schedule()
    }
  }

  #sayEnd(): void {
    if (this.#queue.bytes > 0) return
    if (!this.#endSent) this.#endSent = this.#sendMessage(end)
    if (this.initiator || this.#confirmed || !this.#endReceived || !this.#endSent) return
    this.#confirmed = this.#sendMessage(confirm)
  }

  #sendMessage(message: string | Uint8Array): boolean {
    try {
      this.#link.send(message)
      return true
    } catch (error) {
      this.#finish(lostError(error))
      return false
    }
  }

  #underWay(): number {
    return Math.max(this.#link.bufferedBytes, this.#handed)
  }

  #extendDeadline(): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.takeOver(undefined), this.#closeTimeout)
  }

  #finish(err?: Error): void {
    if (this.#over) return
    this.#over = true
    this.error = err
    clearTimeout(this.#deadline)
    this.#queue.clear()
    this.#link.destroy()
    // Never from within a call of the owner's.
    queueMicrotask(() => {
      this.#settle()
      this.onclose(err)
    })
  }
}

function lostError(cause: unknown): Replic8Error {
  return cause === undefined
    ? new Replic8Error('ERR_CONNECTION', 'The peer went away without closing the connection.')
    : toReplic8Error(cause, 'ERR_CONNECTION')
}
