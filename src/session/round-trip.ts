/** Milliseconds between two measurements. */
const interval = 10_000

/** Measures how long a control message and its answer take. */
export class RoundTrip {
  ms: number | null = null
  private readonly ping: (token: number) => void
  private timer: ReturnType<typeof setInterval> | null = null
  private token = 0
  private sentAt: number | null = null

  constructor(ping: (token: number) => void) {
    this.ping = ping
  }

  start() {
    this.measure()
    this.timer = setInterval(() => this.measure(), interval)
  }

  onpong(token: number) {
    if (token !== this.token || this.sentAt === null) return
    this.ms = performance.now() - this.sentAt
    this.sentAt = null
  }

  stop() {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
  }

  private measure() {
    this.sentAt = performance.now()
    this.ping(++this.token)
  }
}
