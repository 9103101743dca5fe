import type { ControlMessage } from '../wire/messages.ts'

/** Sends control messages no faster than the peer takes them; what comes in a burst waits its turn, in order. */
export class Outbox {
  private readonly deliver: (message: ControlMessage) => void
  private queue: ControlMessage[] = []
  private head = 0
  private timer: ReturnType<typeof setTimeout> | null = null
  private delivering = false
  private rate = Number.POSITIVE_INFINITY
  private tokens = Number.POSITIVE_INFINITY
  private last = 0

  constructor(deliver: (message: ControlMessage) => void) {
    this.deliver = deliver
  }

  /** @param perSecond messages a second that the peer takes, by its own word: anything from 0 on */
  limit(perSecond: number) {
    this.rate = Math.max(1, perSecond)
    this.tokens = this.rate
    this.last = performance.now()
  }

  send(message: ControlMessage) {
    this.queue.push(message)
    if (!this.timer && !this.delivering) this.drain()
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.queue = []
    this.head = 0
  }

  private drain() {
    this.timer = null
    this.refill()
    this.delivering = true
    while (this.head < this.queue.length && this.tokens >= 1) {
      this.tokens--
      this.deliver(this.queue[this.head++] as ControlMessage)
    }
    this.delivering = false
    if (this.head < this.queue.length)
      this.timer = setTimeout(() => this.drain(), Math.max(1, 1000 / this.rate))
    else this.stop()
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
