/** Milliseconds between two measurements. */
const interval = 10_000

/** Measures how long a control message and its answer take. */
export class RoundTrip {
  ms: number | null = null
  private readonly ping: (token: number) => void
  private timer: ReturnType<typeof setInterval> | null = null
  private token = 0
  private sentAt: number | null = null
  private readonly waiting: ((ms: number) => void)[] = []

  constructor(ping: (token: number) => void) {
    this.ping = ping
  }

  start() {
    this.send()
    this.timer = setInterval(() => this.send(), interval)
  }

  /** Resolves with the ms of a round trip that begins now, when the peer answers. */
  measure(): Promise<number> {
    this.send()
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  onpong(token: number) {
    if (token !== this.token || this.sentAt === null) return
    const ms = performance.now() - this.sentAt
    this.ms = ms
    this.sentAt = null
    for (const resolve of this.waiting.splice(0)) resolve(ms)
  }

  stop() {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
  }

  private send() {
    this.sentAt = performance.now()
    this.ping(++this.token)
  }
}
