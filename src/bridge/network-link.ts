import { nextTask } from '../next-task.ts'
import { isSignalId } from '../transports/signal-wire.ts'
import type { BridgeObserver, Refusal } from './observer.ts'
import type { SignalServer, TrunkMessage } from './signalling/signal-server.ts'
import { TokenBucket } from './token-bucket.ts'

export interface BridgeLinkOptions {
  topic: Uint8Array
  signal: Pick<SignalServer, 'trunk'>
  observer: BridgeObserver
  /** A member is at the other bridge from now on, and at no third one. */
  onpeer(id: string): void
  /** Says a text to the other end. */
  send(text: string): void
}

/** What an end says first: that it is a bridge, and of which version of what follows. */
const greeting = JSON.stringify({ bridge: 1 })

/** What other bridges are called where an address belongs. */
const address = 'bridge'

/** In bytes of JSON. With all of them a text stays below what a session takes as one message, 1 MiB. */
const sizes = { text: 65_536, message: 524_288, waiting: 8 * 1_048_576 }
/** Messages in one text, at most. */
const mostMessages = 1_024
/** Milliseconds between two texts: replication goes over the same session, and is not to wait long. */
const pace = 20
/** Texts that are taken: twice as many a second as are sent, and all that a stall of 20 seconds may have held up. */
const rate = { perSecond: 100, capacity: 1_500 }

type Trunk = ReturnType<SignalServer['trunk']>

interface Waiting {
  text: string
  bytes: number
}

/**
 * One session between two bridges: carries what their members say to each other. Each end says that it is a bridge,
 * and tells one that is of its members. Several messages travel as one text, `{ messages: [...] }`.
 */
export class BridgeLink {
  readonly #options: BridgeLinkOptions
  readonly #taken = new TokenBucket({ ...rate, now: () => performance.now() })
  #trunk: Trunk | undefined
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #scheduled = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(options: BridgeLinkOptions) {
    this.#options = options
    options.send(greeting)
  }

  /** The other end has said that it is a bridge. */
  get isBridge(): boolean {
    return this.#trunk !== undefined
  }

  /** What the other end said: anything at all. */
  take(text: string): void {
    if (this.#closed) return
    if (!this.#taken.take(1)) {
      // An honest bridge is never so fast; and what of it was left out would be missed later.
      this.#refuse('messages')
      this.close()
    } else if (text === greeting) this.#open()
    else this.#takeMessages(text)
  }

  /** A member is not at the other bridge any more, though it has not said so. */
  forget(id: string): void {
    this.#trunk?.take({ type: 'gone', id })
  }

  /** The members of the other bridge are gone. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#trunk?.close()
    this.#trunk = undefined
  }

  #open(): void {
    if (this.#trunk) return
    const { signal, topic, send } = this.#options
    this.#trunk = signal.trunk(topic, (message) => this.#tell(message))
    // Again: an end that hears of its session last has missed the first. Messages leave in a later task.
    send(greeting)
  }

  #takeMessages(text: string): void {
    const messages = messagesIn(text)
    if (!messages || !this.#trunk) this.#refuse('message')
    else for (const message of messages) this.#takeMessage(this.#trunk, message)
  }

  #takeMessage(trunk: Trunk, message: unknown): void {
    const { type, id } = (message ?? {}) as { type?: unknown; id?: unknown }
    if (type === 'peer' && isSignalId(id)) this.#options.onpeer(id)
    trunk.take(message)
  }

  #tell(message: TrunkMessage): void {
    const text = JSON.stringify(message)
    const bytes = Buffer.byteLength(text)
    // A call that is lost is made again; a peer that comes or goes is told of once.
    const canLose = message.type === 'message'
    if (canLose && bytes > sizes.message) this.#refuse('message-size')
    else if (canLose && this.#waitingBytes + bytes > sizes.waiting) this.#refuse('messages')
    else {
      this.#waiting.push({ text, bytes })
      this.#waitingBytes += bytes
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    nextTask(() => this.#flush())
  }

  #flush(): void {
    if (this.#closed) return
    this.#options.send(`{"messages":[${this.#next().join(',')}]}`)
    this.#timer = setTimeout(() => {
      this.#scheduled = false
      if (this.#waiting.length > 0) this.#schedule()
    }, pace)
  }

  /** Takes out as many as go into one text. */
  #next(): string[] {
    let bytes = 0
    let count = 0
    while (count < mostMessages && bytes < sizes.text && count < this.#waiting.length)
      bytes += (this.#waiting[count++] as Waiting).bytes
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count).map(({ text }) => text)
  }

  #refuse(reason: Refusal): void {
    this.#options.observer.refused(reason, address)
  }
}

function messagesIn(text: string): unknown[] | undefined {
  try {
    const { messages } = JSON.parse(text) as { messages?: unknown }
    return Array.isArray(messages) && messages.length <= mostMessages ? messages : undefined
  } catch {
    return undefined
  }
}
