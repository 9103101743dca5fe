import { lowWaterMark } from '../../transports/message-connection.ts'
import { closeCodes, dismiss, relayOpen } from '../../transports/websocket-hello.ts'
import type { SocketEnd, WebSocketLink } from '../../transports/websocket-link.ts'
import { TokenBucket } from '../token-bucket.ts'

export interface SpliceOptions {
  /** In each direction, as an average. */
  bytesPerSecond: number
  /** Asked before a message goes on. false: no more may be carried, and the splice ends. */
  onbytes(bytes: number): boolean
  /** Both sockets are over, or on their way there. */
  onover(): void
}

/** Above this many bytes on their way to an end the other is not read from. */
const highWaterMark = 262_144

/**
 * Two sockets of which each message that comes from one goes to the other, and how it closes, too. What an end does
 * not take is not read from the other one: a splice holds little, however long it is and however slow an end.
 */
export class Splice {
  readonly #directions: [Direction, Direction]
  readonly #options: SpliceOptions
  #over = false

  constructor(a: WebSocketLink, b: WebSocketLink, options: SpliceOptions) {
    this.#options = options
    this.#directions = [
      new Direction(a, b, options.bytesPerSecond),
      new Direction(b, a, options.bytesPerSecond),
    ]
    const [there, back] = this.#directions
    this.#listen(a, there, back)
    this.#listen(b, back, there)
  }

  /** Tells both ends that they have each other. */
  start(): void {
    for (const { to } of this.#directions) to.send(relayOpen)
    for (const { from } of this.#directions) from.release()
  }

  /** Closes both ends. */
  end(code: number, reason?: string): void {
    if (this.#over) return
    this.#finish()
    for (const { from } of this.#directions) dismiss(from, code, reason)
  }

  #listen(link: WebSocketLink, outward: Direction, inward: Direction): void {
    link.events = {
      onmessage: (message) => {
        if (this.#options.onbytes(sizeOf(message))) outward.carry(message)
        else this.end(closeCodes.overLimit, 'ERR_OVER_QUOTA')
      },
      onprogress: () => inward.progress(),
      onover: (how) => {
        if (this.#over) return
        this.#finish()
        passEnd(how, outward.to)
      },
    }
  }

  #finish(): void {
    this.#over = true
    for (const direction of this.#directions) direction.end()
    this.#options.onover()
  }
}

/** From one end to the other. */
class Direction {
  readonly from: WebSocketLink
  readonly to: WebSocketLink
  readonly #rate: TokenBucket
  #timer: ReturnType<typeof setTimeout> | undefined
  #late = false
  #full = false

  constructor(from: WebSocketLink, to: WebSocketLink, bytesPerSecond: number) {
    this.from = from
    this.to = to
    this.#rate = new TokenBucket({
      perSecond: bytesPerSecond,
      capacity: bytesPerSecond,
      now: () => performance.now(),
    })
  }

  carry(message: string | Uint8Array): void {
    this.to.send(message)
    const wait = this.#rate.owe(sizeOf(message))
    if (wait > 0) this.#rest(wait)
    if (this.to.bufferedBytes > highWaterMark) this.#full = true
    if (this.#late || this.#full) this.from.hold()
  }

  /** Some of what was sent has left. */
  progress(): void {
    if (!this.#full || this.to.bufferedBytes > lowWaterMark) return
    this.#full = false
    this.#goOn()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #rest(wait: number): void {
    this.#late = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#late = false
      this.#goOn()
    }, wait)
  }

  #goOn(): void {
    if (!this.#late && !this.#full) this.from.release()
  }
}

function sizeOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length
}

/** The other end gets to know how this one ended: a goodbye with its code, or nothing at all. */
function passEnd({ code, reason }: SocketEnd, to: WebSocketLink): void {
  to.events = { onmessage: () => {}, onover: () => {} }
  to.release()
  if (code === 1000 || (code >= 3000 && code <= 4999)) to.close(code, reason)
  else to.cut()
}
