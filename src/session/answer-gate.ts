/** Requests for blocks that may be read from storage at a time: each becomes a block in the transport's queue. */
const most = 64
/** Milliseconds without any answer after which those under way are taken for unanswered: a core may ignore a request. */
const patience = 1000

/** Somebody whose requests wait. */
interface Waiter {
  /** There is room. */
  resume(): void
}

/** Lets requests for blocks through, over all feeds of a session, no faster than they are answered. */
export class AnswerGate {
  private underWay = 0
  private readonly waiting = new Set<Waiter>()
  private timer: ReturnType<typeof setTimeout> | null = null
  /** Something was answered since the timer was set. */
  private moving = false

  get open(): boolean {
    return this.underWay < most
  }

  begin() {
    this.underWay++
  }

  /** Answers were given, or will never be. */
  end(count = 1) {
    this.underWay = Math.max(0, this.underWay - count)
    this.moving = true
    this.wake()
  }

  /** Resumes somebody once when there is room. */
  wait(waiter: Waiter) {
    this.waiting.add(waiter)
    this.watch()
  }

  stop() {
    this.waiting.clear()
    this.rest()
  }

  private wake() {
    for (const waiter of this.waiting) {
      if (!this.open) return
      this.waiting.delete(waiter)
      waiter.resume()
    }
    if (this.waiting.size === 0) this.rest()
  }

  private rest() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private watch() {
    if (this.timer || this.waiting.size === 0) return
    this.moving = false
    this.timer = setTimeout(() => {
      this.timer = null
      if (!this.moving) this.end(this.underWay)
      this.watch()
    }, patience)
  }
}
