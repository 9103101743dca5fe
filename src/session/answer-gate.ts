/** Requests for blocks that may be read from storage at a time: each becomes a block in the transport's queue. */
const most = 64
/** Milliseconds without any answer after which those under way are taken for unanswered: a core may ignore a request. */
const patience = 1000

/** Lets requests for blocks through, over all feeds of a session, no faster than they are answered. */
export class AnswerGate {
  private underWay = 0
  private waiting = new Set<() => void>()
  private timer: ReturnType<typeof setTimeout> | null = null

  get open(): boolean {
    return this.underWay < most
  }

  begin() {
    this.underWay++
  }

  /** Answers were given, or will never be. */
  end(count = 1) {
    this.underWay = Math.max(0, this.underWay - count)
    this.restart()
    this.wake()
  }

  /** Calls back once when there is room. */
  wait(resume: () => void) {
    this.waiting.add(resume)
    if (!this.timer) this.restart()
  }

  stop() {
    this.waiting.clear()
    this.restart()
  }

  private wake() {
    for (const resume of this.waiting) {
      if (!this.open) return
      this.waiting.delete(resume)
      resume()
    }
    this.restart()
  }

  private restart() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = this.waiting.size > 0 ? setTimeout(() => this.end(this.underWay), patience) : null
  }
}
