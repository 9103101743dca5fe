/** One WebSocket of a browser or of `ws`: the only file that knows how the two differ. */
import { lowWaterMark } from './message-connection.ts'

/** What is used of a WebSocket: the browser's, Node's own, and those of the package `ws` have it. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  readonly bufferedAmount: number
  binaryType: string
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  // biome-ignore lint/suspicious/noExplicitAny: each kind of socket has event classes of its own.
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: any) => void): void
}

/** What `ws` has beside that. */
interface NodeWebSocket extends WebSocketLike {
  send(data: string | Uint8Array<ArrayBuffer>, done?: () => void): void
  terminate(): void
  pause(): void
  resume(): void
}

/** How a socket ended. */
export interface SocketEnd {
  /** As RFC 6455, section 7.4, numbers them. 1006: without a word. */
  code: number
  reason: string
  /** Known in Node only: a browser does not tell. */
  error?: unknown
}

export interface WebSocketLinkEvents {
  onopen?(): void
  onmessage(message: string | Uint8Array): void
  /** Some of what was sent has left. */
  onprogress?(): void
  /** Once, also after `close` and `cut`. */
  onover(end: SocketEnd): void
  /** The same, not held back behind what was held. */
  onlost?(): void
}

/** The close code of an end that did not want to go on. Of its own codes a page can send 1000 and 3000 to 4999 only. */
export const abortedCode = 4000

/** Milliseconds between two looks at what a browser has under way; twice as long each time that nothing has moved. */
const pollEvery = { least: 4, most: 64 }

const connecting = 0
const open = 1

export class WebSocketLink {
  /** Whoever has the link sets it, before the next task. */
  events: WebSocketLinkEvents = { onmessage: () => {}, onover: () => {} }
  readonly #socket: WebSocketLike
  /** Set where `send` says when its bytes have left. */
  readonly #node: NodeWebSocket | undefined
  #unsent = 0
  #poll: ReturnType<typeof setTimeout> | undefined
  #error: unknown
  #over = false
  #holding = false
  /** What arrived since. */
  #held: (() => void)[] = []

  constructor(socket: WebSocketLike) {
    this.#socket = socket
    this.#node = 'terminate' in socket ? (socket as NodeWebSocket) : undefined
    // As buffers `ws` hands out what it has; for anything else it copies.
    socket.binaryType = this.#node ? 'nodebuffer' : 'arraybuffer'
    socket.addEventListener('open', () => this.events.onopen?.())
    socket.addEventListener('message', ({ data }: { data: string | ArrayBuffer | Uint8Array }) => {
      const message = typeof data === 'string' ? data : bytesOf(data)
      if (this.#holding || this.#held.length > 0) this.#held.push(() => this.events.onmessage(message))
      else this.events.onmessage(message)
    })
    socket.addEventListener('error', ({ error }: { error?: unknown }) => {
      this.#error ??= error
    })
    socket.addEventListener('close', ({ code, reason }: SocketEnd) => this.#end(code, reason))
    if (socket.readyState > open) queueMicrotask(() => this.#end(1006, ''))
  }

  get connecting(): boolean {
    return this.#socket.readyState === connecting
  }

  /** Bytes that were sent and have not left yet. */
  get bufferedBytes(): number {
    return this.#node ? this.#unsent : this.#socket.bufferedAmount
  }

  /** Sends one message; throws before the socket is open. */
  send(message: string | Uint8Array): void {
    const data = message as string | Uint8Array<ArrayBuffer>
    if (this.#node) {
      this.#unsent += message.length
      this.#node.send(data, () => this.#sent(message.length))
    } else if (this.#socket.readyState <= open) {
      this.#socket.send(data)
      this.#watch()
    }
    // A browser complains on its console of what is sent while the other end closes; that nothing arrives is told.
  }

  /** Says goodbye after what was sent. `reason`: at most 123 bytes. */
  close(code: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  /** Lets go now, as far as that can be done: a page cannot take back what it gave to its socket. */
  cut(): void {
    this.#holding = false
    this.#held = []
    if (this.#node) this.#node.terminate()
    else this.#socket.close(abortedCode)
  }

  /** Keeps what arrives until `release`. */
  hold(): void {
    this.#holding = true
    this.#node?.pause()
  }

  /** Hands out what was kept, until one of those who get it says `hold` again. */
  release(): void {
    this.#holding = false
    this.#node?.resume()
    while (!this.#holding) {
      const next = this.#held.shift()
      if (!next) return
      next()
    }
  }

  #emit(event: () => void): void {
    if (this.#holding || this.#held.length > 0) this.#held.push(event)
    else event()
  }

  #sent(bytes: number): void {
    this.#unsent -= bytes
    if (!this.#over) this.events.onprogress?.()
  }

  /** A browser does not tell when its socket has room again: it has to be asked, but only while there is none. */
  #watch(every = pollEvery.least): void {
    if (this.#poll !== undefined || this.#over || this.bufferedBytes <= lowWaterMark) return
    const before = this.bufferedBytes
    this.#poll = setTimeout(() => {
      this.#poll = undefined
      const moved = this.bufferedBytes < before
      if (moved) this.events.onprogress?.()
      this.#watch(moved ? pollEvery.least : Math.min(2 * every, pollEvery.most))
    }, every)
  }

  #end(code: number, reason: string): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#poll)
    this.events.onlost?.()
    this.#emit(() => this.events.onover({ code, reason, error: this.#error }))
  }
}

/** The `slice` of a Buffer would not copy. */
function bytesOf(data: ArrayBuffer | Uint8Array): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
