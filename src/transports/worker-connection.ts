import { Replic8Error } from '../errors.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import { OwnedConnection } from './owned-connection.ts'
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

/**
 * The worker's end of a connection that stands on the page. The page says how much of what it got its connection has
 * taken, and gets no more than a window. When the other end closes it waits for what is still here.
 */
export class WorkerConnection extends OwnedConnection {
  onretire?: () => void

  readonly #port: MessagePort
  readonly #queue = new OutgoingQueue()
  /** Bytes that went to the page and were not taken there yet. */
  #underWay = 0
  #refused = false
  #closeSent = false

  constructor(port: MessagePort, { kind, initiator }: { kind: string; initiator: boolean | undefined }) {
    super(kind, initiator)
    this.#port = port
    port.onmessage = ({ data }) => this.#take(data)
    onPortGone(port, () => this.finish(new Replic8Error('ERR_CONNECTION', 'The page is gone.')))
  }

  send(chunk: Uint8Array): boolean {
    if (this.ending || this.isOver) return false
    const isLarge = chunk.length >= largeBytes && chunk.length <= highWaterMark
    if (isLarge && this.#hasRoom) {
      // What is small and came before.
      this.pump()
      if (this.#queue.bytes === 0) this.#postBytes(chunk)
      else this.#queue.push(chunk)
    } else this.#queue.push(chunk)
    if (this.#queue.bytes >= messageBytes) this.pump()
    else if (this.#queue.bytes > 0) this.schedule()
    if (this.#queue.bytes + this.#underWay < highWaterMark) return true
    this.#refused = true
    return false
  }

  close(): void {
    if (this.ending || this.isOver) return
    this.ending = true
    this.pump()
  }

  abort(err: Error): void {
    if (this.isOver) return
    this.#post({ abort: recordOf(err) })
    this.finish(err)
  }

  #take(message: FromConnection): void {
    if (this.isOver) return
    if (message instanceof Uint8Array) this.ondata(message)
    else if (typeof message === 'number') this.#progress(message)
    else if (message === 'end') this.takeEnd()
    else if (message === 'retire') this.#retire()
    else {
      this.#port.close()
      this.finish(message === 'closed' ? undefined : errorOf(message.failed))
    }
  }

  #retire(): void {
    if (this.onretire) this.onretire()
    else this.close()
  }

  #progress(bytes: number): void {
    this.#underWay -= bytes
    this.pump()
    if (!this.#refused || this.ending || this.#queue.bytes + this.#underWay > lowWaterMark) return
    this.#refused = false
    this.ondrain()
  }

  get #hasRoom(): boolean {
    return this.#underWay < highWaterMark
  }

  /** Posts as much as the page may have, and behind the last of it that this end closes. */
  protected override pump(): void {
    if (this.isOver) return
    while (this.#queue.bytes > 0 && this.#hasRoom)
      this.#postBytes(this.#queue.take(messageBytes) as Uint8Array)
    if (!this.ending || this.#queue.bytes > 0 || this.#closeSent) return
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

  protected override clear(): void {
    this.#queue.clear()
  }
}
