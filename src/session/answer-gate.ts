/** Requests for blocks that may be read from storage at a time: each becomes a block in the transport's queue. */
const most = 64
/** Milliseconds without any answer after which those under way are taken for unanswered: a core may ignore a request. */
const patience = 1000

/** Lets requests for blocks through, over all feeds of a session, no faster than they are answered. */
export class AnswerGate {
  private underWay = 0
  private waiting = new Set<() => void>()
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

  /** Calls back once when there is room. */
  wait(resume: () => void) {
    this.waiting.add(resume)
    this.watch()
  }

  stop() {
    this.waiting.clear()
    this.rest()
  }

  private wake() {
    for (const resume of this.waiting) {
      if (!this.open) return
      this.waiting.delete(resume)
      resume()
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
