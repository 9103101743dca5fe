import { Replic8Error } from '../errors.ts'
import type { ControlMessage, PongMessage } from '../wire/messages.ts'

/** Messages that may wait: the peer sets the pace, and must not set how much memory that takes. */
const most = 65_536

/** Sends control messages no faster than the peer takes them; what comes in a burst waits its turn, in order. */
export class Outbox {
  private readonly deliver: (message: ControlMessage) => void
  private readonly onfull: (error: Replic8Error) => unknown
  private queue: ControlMessage[] = []
  private head = 0
  private timer: ReturnType<typeof setTimeout> | null = null
  private delivering = false
  private rate = Number.POSITIVE_INFINITY
  private tokens = Number.POSITIVE_INFINITY
  private last = 0
  /** The pong that waits its turn. */
  private pong: PongMessage | null = null

  /** @param onfull more waits than may: ERR_TOO_MUCH_QUEUED. Default: `send` throws it. */
  constructor(
    deliver: (message: ControlMessage) => void,
    onfull: (error: Replic8Error) => unknown = (error) => {
      throw error
    },
  ) {
    this.deliver = deliver
    this.onfull = onfull
  }

  /** @param perSecond messages a second that the peer takes, by its own word: anything from 0 on */
  limit(perSecond: number) {
    this.rate = Math.max(1, perSecond)
    this.tokens = this.rate
    this.last = performance.now()
  }

  /** How many wait. */
  get length(): number {
    return this.queue.length - this.head
  }

  send(message: ControlMessage) {
    if (message.type === 'pong' && this.renew(message)) return
    if (this.length >= most)
      return this.onfull(new Replic8Error('ERR_TOO_MUCH_QUEUED', `${most} messages wait to be sent.`))
    this.queue.push(message)
    if (message.type === 'pong') this.pong = message
    if (!this.timer && !this.delivering) this.drain()
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.queue = []
    this.head = 0
    this.pong = null
  }

  /** One pong waits at most, with the last token: the others are answers that come too late to measure anything. */
  private renew({ token }: PongMessage): boolean {
    if (!this.pong) return false
    this.pong.token = token
    return true
  }

  private drain() {
    this.timer = null
    this.refill()
    this.delivering = true
    while (this.head < this.queue.length && this.tokens >= 1) {
      this.tokens--
      const message = this.queue[this.head++] as ControlMessage
      if (message === this.pong) this.pong = null
      this.deliver(message)
    }
    this.delivering = false
    if (this.head < this.queue.length)
      this.timer = setTimeout(() => this.drain(), Math.max(1, 1000 / this.rate))
    else this.stop()
    this.forget()
  }

  /** What was sent goes also while the rest never runs out; each message is moved once or so. */
  private forget() {
    if (this.head < 1024 || this.head * 2 < this.queue.length) return
    this.queue = this.queue.slice(this.head)
    this.head = 0
  }

  private refill() {
    const now = performance.now()
    if (this.rate < Number.POSITIVE_INFINITY) {
      this.tokens = Math.min(this.rate, this.tokens + ((now - this.last) * this.rate) / 1000)
    }
    this.last = now
  }
}

/** Counts the control messages of a peer; a network that stalls and then delivers all at once is no offence. */
export class RateGuard {
  readonly perSecond: number
  private readonly burst: number
  private tokens: number
  private last = performance.now()

  /**
   * @param perSecond messages a second, on average
   * @param stall ms that a connection may stand still and then deliver everything
   */
  constructor(perSecond: number, stall: number) {
    this.perSecond = perSecond
    // One second more: a sender may begin with as many at once.
    this.burst = (perSecond * (stall + 1000)) / 1000
    this.tokens = this.burst
  }

  /** Whether one more message is within the limit. */
  admit(): boolean {
    const now = performance.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) * this.perSecond) / 1000)
    this.last = now
    this.tokens--
    return this.tokens >= 0
  }
}
