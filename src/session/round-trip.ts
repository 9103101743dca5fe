import { Replic8Error } from '../errors.ts'

/** Milliseconds between two measurements. */
const interval = 10_000

/** Measures how long a control message and its answer take. */
export class RoundTrip {
  ms: number | null = null
  private readonly ping: (token: number) => void
  private timer: ReturnType<typeof setInterval> | null = null
  private token = 0
  private sentAt: number | null = null
  private readonly waiting: { resolve(ms: number): void; reject(error: Error): void }[] = []
  private ended: Error | null = null

  constructor(ping: (token: number) => void) {
    this.ping = ping
  }

  start() {
    this.send()
    this.timer = setInterval(() => this.send(), interval)
  }

  /** Resolves with the ms of a round trip that begins now, when the peer answers; rejects when the session ends first. */
  measure(): Promise<number> {
    const promise = new Promise<number>((resolve, reject) => {
      if (this.ended) reject(this.ended)
      else this.waiting.push({ resolve, reject })
    })
    promise.catch(() => {})
    if (!this.ended) this.send()
    return promise
  }

  onpong(token: number) {
    if (token !== this.token || this.sentAt === null) return
    const ms = performance.now() - this.sentAt
    this.ms = ms
    this.sentAt = null
    for (const { resolve } of this.waiting.splice(0)) resolve(ms)
  }

  /** The session is over, with an error or without. */
  stop(error: Error | null) {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    this.ended = error ?? new Replic8Error('ERR_CLOSED')
    for (const { reject } of this.waiting.splice(0)) reject(this.ended)
  }

  private send() {
    this.sentAt = performance.now()
    this.ping(++this.token)
  }
}
