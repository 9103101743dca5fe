import { Duplex } from 'node:stream'

/** Milliseconds of the clock that timers go by. */
const now = () => performance.now()

/** One end of a link that takes everything at once, and gives it to the other end later, in order. */
class DelayedEnd extends Duplex {
  private readonly delay: number
  private other: DelayedEnd | null = null
  private readonly under: { at: number; chunk: Buffer | null }[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(delay: number) {
    super()
    this.delay = delay
  }

  connect(other: DelayedEnd) {
    this.other = other
  }

  override _read() {}

  override _write(chunk: Buffer, _: string, done: () => void) {
    this.send(chunk)
    done()
  }

  override _final(done: () => void) {
    this.send(null)
    done()
  }

  private send(chunk: Buffer | null) {
    this.under.push({ at: now() + this.delay, chunk })
    this.timer ??= setTimeout(() => this.deliver(), this.delay)
  }

  private deliver() {
    this.timer = null
    const time = now()
    let count = 0
    while ((this.under[count]?.at ?? Number.POSITIVE_INFINITY) <= time) count++
    for (const { chunk } of this.under.splice(0, count)) this.other?.push(chunk)
    const next = this.under[0]
    if (next) this.timer ??= setTimeout(() => this.deliver(), Math.max(1, Math.ceil(next.at - now())))
  }
}

/** Both ends of a link of unlimited bandwidth. @param roundTrip milliseconds */
export function delayedLink(roundTrip: number): [Duplex, Duplex] {
  const [near, far] = [new DelayedEnd(roundTrip / 2), new DelayedEnd(roundTrip / 2)]
  near.connect(far)
  far.connect(near)
  return [near, far]
}
