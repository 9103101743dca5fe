import type { ControlMessage } from '../wire/messages.ts'

/** Sends control messages no faster than the peer takes them; what comes in a burst waits its turn, in order. */
export class Outbox {
  private readonly deliver: (message: ControlMessage) => void
  private queue: ControlMessage[] = []
  private timer: ReturnType<typeof setTimeout> | null = null
  private rate = Number.POSITIVE_INFINITY
  private tokens = Number.POSITIVE_INFINITY
  private last = 0

  constructor(deliver: (message: ControlMessage) => void) {
    this.deliver = deliver
  }

  /** @param perSecond messages a second that the peer takes */
  limit(perSecond: number) {
    this.rate = perSecond
    this.tokens = perSecond
    this.last = Date.now()
  }

  send(message: ControlMessage) {
    this.queue.push(message)
    if (this.queue.length === 1) this.drain()
  }

  /** Sends what waits, now. */
  flush() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const { queue } = this
    this.queue = []
    for (const message of queue) this.deliver(message)
  }

  stop() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.queue = []
  }

  private drain() {
    this.timer = null
    const now = Date.now()
    if (this.rate < Number.POSITIVE_INFINITY) {
      this.tokens = Math.min(this.rate, this.tokens + ((now - this.last) * this.rate) / 1000)
    }
    this.last = now
    const count = Math.min(this.queue.length, Math.floor(this.tokens))
    this.tokens -= count
    for (const message of this.queue.splice(0, count)) this.deliver(message)
    if (this.queue.length > 0) this.timer = setTimeout(() => this.drain(), Math.max(1, 1000 / this.rate))
  }
}

/** Counts the control messages of a peer; a network that stalls and then delivers all at once is no offence. */
export class RateGuard {
  private readonly rate: number
  private readonly burst: number
  private tokens: number
  private last = Date.now()

  /**
   * @param perSecond messages a second, on average
   * @param stall ms that a connection may stand still and then deliver everything
   */
  constructor(perSecond: number, stall: number) {
    this.rate = perSecond
    this.burst = Math.max(1, (perSecond * stall) / 1000)
    this.tokens = this.burst
  }

  /** Whether one more message is within the limit. */
  admit(): boolean {
    const now = Date.now()
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) * this.rate) / 1000)
    this.last = now
    this.tokens--
    return this.tokens >= 0
  }
}
