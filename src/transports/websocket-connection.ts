import type { Connection } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { nextTask } from './next-task.ts'
import { OutgoingQueue } from './outgoing-queue.ts'
import { lowWaterMark, type SocketEnd, type WebSocketLink } from './websocket-link.ts'

export interface VerifiedConnectionOptions {
  /** Default 'websocket'. */
  kind?: 'websocket' | 'relay'
  initiator: boolean | undefined
  /** Milliseconds. */
  closeTimeout: number
  /** Milliseconds; 0: never. */
  keepAlive: number
}

/** Above this many bytes on their way `send` gives false. */
const highWaterMark = 262_144
/** The largest message sent: a server may refuse larger ones, and one that is long on its way holds up the rest. */
const messageBytes = 65_536

/** The text message behind the last bytes of an end. Bytes travel as binary messages. */
const end = 'end'
/** The close code of a connection of which both ends have everything. */
const doneCode = 1000

const nothing = () => {}

/**
 * A connection over one WebSocket. A socket that is closed delivers what was sent before, but its other end cannot
 * say anything any more. So an end that closes sends `end` behind its bytes, the other sends what it has and its own
 * `end`, and who has both closes the socket with 1000. A socket that ends in any other way was cut.
 */
export class WebSocketConnection implements Connection {
  readonly kind: 'websocket' | 'relay'
  readonly initiator?: boolean
  ondrain: () => void = nothing
  onclose: (err?: Error) => void = nothing
  /** Resolves when `onclose` was called. */
  readonly over: Promise<void>

  #ondata: (chunk: Uint8Array) => void = nothing
  readonly #link: WebSocketLink
  readonly #closeTimeout: number
  readonly #keepAlive: ReturnType<typeof setInterval> | undefined
  readonly #queue = new OutgoingQueue()
  #scheduled = false
  /** Bytes given to the link in this task: a socket may send on while a task runs, and would take all in one go. */
  #handed = 0
  #refused = false
  #ending = false
  #endSent = false
  #endReceived = false
  #over = false
  #deadline: ReturnType<typeof setTimeout> | undefined
  #settle!: () => void

  constructor(link: WebSocketLink, options: VerifiedConnectionOptions) {
    const { kind = 'websocket', initiator, closeTimeout, keepAlive } = options
    this.kind = kind
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
    if (initiator !== undefined) this.initiator = initiator
    this.#closeTimeout = closeTimeout
    this.#link = link
    link.events = {
      onopen: () => this.#pump(),
      onmessage: (message) => this.#takeMessage(message),
      onprogress: () => this.#progress(),
      onover: (how) =>
        this.#finish(this.#endSent && how.code === doneCode && this.#endReceived ? undefined : cutError(how)),
    }
    if (keepAlive > 0) this.#keepAlive = setInterval(() => this.#stayAlive(), keepAlive)
  }

  get ondata(): (chunk: Uint8Array) => void {
    return this.#ondata
  }

  set ondata(handler: (chunk: Uint8Array) => void) {
    this.#ondata = handler
    // What came before the owner was there; not before it has set its other handlers, too.
    nextTask(() => this.#link.release())
  }

  send(chunk: Uint8Array): boolean {
    if (this.#ending || this.#over) return false
    this.#queue.push(chunk)
    // Small chunks wait for the end of this task, to leave together.
    if (this.#queue.bytes >= messageBytes) this.#fillSocket()
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
    nextTask(() => this.#link.release())
  }

  abort(err: Error): void {
    this.#finish(err)
  }

  #takeMessage(message: string | Uint8Array): void {
    if (this.#over) return
    if (this.#ending) this.#extendDeadline()
    if (typeof message !== 'string') this.#takeBytes(message)
    else if (message === end && !this.#endReceived) this.#takeEnd()
    else this.#finish(new Replic8Error('ERR_CONNECTION', 'The peer broke the rules of closing.'))
    // In a hidden page timers run once a minute, and messages when they come.
    if (this.#refused || this.#queue.bytes > 0) this.#schedule()
  }

  #takeBytes(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.#endReceived) this.#ondata(bytes)
  }

  #takeEnd(): void {
    this.#endReceived = true
    this.#ending = true
    this.#extendDeadline()
    this.#pump()
  }

  #progress(): void {
    if (this.#over) return
    if (this.#ending) this.#extendDeadline()
    if (this.#underWay() <= lowWaterMark) this.#pump()
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
    if (this.#link.connecting) return
    this.#fillSocket()
    if (this.#over) return
    if (this.#ending) this.#sayEnd()
    else if (this.#refused && this.#queue.bytes + this.#underWay() <= lowWaterMark) {
      this.#refused = false
      this.ondrain()
    }
  }

  #fillSocket(): void {
    while (!this.#link.connecting && this.#queue.bytes > 0 && this.#underWay() < highWaterMark) {
      const message = this.#queue.take(messageBytes) as Uint8Array
      if (!this.#sendMessage(message)) return
      this.#handed += message.length
      this.#schedule()
    }
  }

  #sayEnd(): void {
    if (this.#queue.bytes > 0) return
    if (!this.#endSent) this.#endSent = this.#sendMessage(end)
    if (this.#endSent && this.#endReceived) this.#link.close(doneCode)
  }

  /** An empty message is nothing to its receiver, but not to a proxy that cuts what is silent. */
  #stayAlive(): void {
    if (!this.#link.connecting && !this.#endSent && this.#underWay() === 0)
      this.#sendMessage(new Uint8Array(0))
  }

  #sendMessage(message: string | Uint8Array): boolean {
    try {
      this.#link.send(message)
      return true
    } catch (error) {
      this.#finish(toReplic8Error(error, 'ERR_CONNECTION'))
      return false
    }
  }

  #underWay(): number {
    return Math.max(this.#link.bufferedBytes, this.#handed)
  }

  #extendDeadline(): void {
    clearTimeout(this.#deadline)
    const late = () => this.#finish(new Replic8Error('ERR_CONNECTION', 'The peer does not finish closing.'))
    this.#deadline = setTimeout(late, this.#closeTimeout)
  }

  #finish(err?: Error): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#deadline)
    clearInterval(this.#keepAlive)
    this.#queue.clear()
    this.#link.cut()
    // Never from within a call of the owner's.
    queueMicrotask(() => {
      this.#settle()
      this.onclose(err)
    })
  }
}

/** The error of a socket that ended without both ends having closed the connection. */
export function cutError({ code, reason, error }: SocketEnd): Replic8Error {
  const said = code === 1006 ? 'without a word' : `with code ${code}`
  return new Replic8Error('ERR_CONNECTION', `The socket was closed ${said}.`, {
    cause: error,
    ...(reason === '' ? {} : { reason: { code: String(code), message: reason } }),
  })
}
