import type { Connection } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { nextTask } from '../next-task.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import {
  errorOf,
  type FromConnection,
  onPortGone,
  postBytes,
  recordOf,
  type ToConnection,
} from './worker-messages.ts'

/** Above this many bytes that the page's connection has not taken `send` gives false. */
const highWaterMark = 262_144
/** At this many bytes or fewer nobody has to wait. */
const lowWaterMark = 65_536
/** Smaller chunks are joined up to this many bytes, and larger ones moved in pieces of it where they have to wait. */
const messageBytes = 65_536
/** A chunk of at least so many bytes moves by itself, which copies nothing. */
const largeBytes = 16_384

const nothing = () => {}

/**
 * The worker's end of a connection that stands on the page. The page says how much of what it got its connection has
 * taken, and gets no more than a window. When the other end closes it waits for what is still here.
 */
export class WorkerConnection implements Connection {
  readonly kind: string
  readonly initiator?: boolean
  ondata: (chunk: Uint8Array) => void = nothing
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  onretire?: () => void
  onend?: () => void
  /** Resolves when `onclose` was called. */
  readonly over: Promise<void>

  readonly #port: MessagePort
  readonly #queue = new OutgoingQueue()
  /** Bytes that went to the page and were not taken there yet. */
  #underWay = 0
  #scheduled = false
  #refused = false
  #ending = false
  #closeSent = false
  #over = false
  #settle!: () => void

  constructor(port: MessagePort, { kind, initiator }: { kind: string; initiator: boolean | undefined }) {
    this.kind = kind
    if (initiator !== undefined) this.initiator = initiator
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#port = port
    port.onmessage = ({ data }) => this.#take(data)
    onPortGone(port, () => this.#finish(new Replic8Error('ERR_CONNECTION', 'The page is gone.')))
  }

  send(chunk: Uint8Array): boolean {
    if (this.#ending || this.#over) return false
    const isLarge = chunk.length >= largeBytes && chunk.length <= highWaterMark
    if (isLarge && this.#hasRoom) {
      // What is small and came before.
      this.#pump()
      if (this.#queue.bytes === 0) this.#postBytes(chunk)
      else this.#queue.push(chunk)
    } else this.#queue.push(chunk)
    if (this.#queue.bytes >= messageBytes) this.#pump()
    else if (this.#queue.bytes > 0) this.#schedule()
    if (this.#queue.bytes + this.#underWay < highWaterMark) return true
    this.#refused = true
    return false
  }

  close(): void {
    if (this.#ending || this.#over) return
    this.#ending = true
    this.#pump()
  }

  abort(err: Error): void {
    if (this.#over) return
    this.#post({ abort: recordOf(err) })
    this.#finish(err)
  }

  #take(message: FromConnection): void {
    if (this.#over) return
    if (message instanceof Uint8Array) this.ondata(message)
    else if (typeof message === 'number') this.#progress(message)
    else if (message === 'end') this.#takeEnd()
    else if (message === 'retire') this.#retire()
    else {
      this.#port.close()
      this.#finish(message === 'closed' ? undefined : errorOf(message.failed))
    }
  }

  #takeEnd(): void {
    if (this.onend && !this.#ending) this.onend()
    else this.close()
  }

  #retire(): void {
    if (this.onretire) this.onretire()
    else this.close()
  }

  #progress(bytes: number): void {
    this.#underWay -= bytes
    this.#pump()
    if (!this.#refused || this.#ending || this.#queue.bytes + this.#underWay > lowWaterMark) return
    this.#refused = false
    this.ondrain()
  }

  /** Small chunks wait for the end of this task, to leave together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    nextTask(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  get #hasRoom(): boolean {
    return this.#underWay < highWaterMark
  }

  /** Posts as much as the page may have, and behind the last of it that this end closes. */
  #pump(): void {
    if (this.#over) return
    while (this.#queue.bytes > 0 && this.#hasRoom)
      this.#postBytes(this.#queue.take(messageBytes) as Uint8Array)
    if (!this.#ending || this.#queue.bytes > 0 || this.#closeSent) return
    this.#closeSent = true
    this.#post('close')
  }

  #postBytes(bytes: Uint8Array): void {
    this.#underWay += bytes.length
    postBytes(this.#port, bytes)
  }

  #post(message: ToConnection): void {
    this.#port.postMessage(message)
  }

  #finish(err?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#queue.clear()
    // Never from within a call of the owner's.
    queueMicrotask(() => {
      this.#settle()
      this.onclose(err)
    })
  }
}
