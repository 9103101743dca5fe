/** Bytes of blocks that may be read from storage at a time: each becomes a message in the transport's queue. */
const most = 4 * 1024 * 1024
/** What one answer counts at least, and at most: so many are under way whatever the blocks are. */
const least = 4 * 1024
const large = 64 * 1024
/** Milliseconds without any answer after which those under way are taken for unanswered: a core may ignore a request. */
const patience = 1000

/** Somebody whose requests wait. */
interface Waiter {
  /** Whether it is in the line. */
  isWaiting: boolean
  /** There is room. */
  resume(): void
}

/** Lets requests for blocks through, over all feeds of a session, no faster than they are answered. */
export class AnswerGate {
  /** In bytes, as expected. */
  private underWay = 0
  /** Those before `head` have had their turn. */
  private line: Waiter[] = []
  private head = 0
  private timer: ReturnType<typeof setTimeout> | null = null
  /** Something was answered since the timer was set. */
  private moving = false

  get open(): boolean {
    return this.underWay < most
  }

  /** An answer is under way. Gives the bytes that are counted for it. */
  begin(feed: { readonly byteLength?: number; readonly length?: number } | undefined): number {
    // What a block of the feed has on average, which is as good as what is known of any one.
    const expected = (feed?.byteLength ?? 0) / (feed?.length || 1)
    const bytes = expected > least ? Math.min(expected, large) : least
    this.underWay += bytes
    return bytes
  }

  /** Answers were given that `bytes` were counted for, or will never be. */
  end(bytes: number) {
    this.underWay = Math.max(0, this.underWay - bytes)
    this.moving = true
    if (this.head < this.line.length) this.wake()
  }

  /** Resumes somebody once when there is room. */
  wait(waiter: Waiter) {
    if (waiter.isWaiting) return
    waiter.isWaiting = true
    if (this.head > 1024 && 2 * this.head > this.line.length) this.forget(this.line.slice(this.head))
    this.line.push(waiter)
    this.watch()
  }

  stop() {
    this.forget()
    this.rest()
  }

  private wake() {
    while (this.head < this.line.length) {
      if (!this.open) return
      const waiter = this.line[this.head++] as Waiter
      waiter.isWaiting = false
      waiter.resume()
    }
    this.forget()
    this.rest()
  }

  private forget(line: Waiter[] = []) {
    this.line = line
    this.head = 0
  }

  private rest() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private watch() {
    if (this.timer || this.head === this.line.length) return
    this.moving = false
    this.timer = setTimeout(() => {
      this.timer = null
      if (!this.moving) this.end(this.underWay)
      this.watch()
    }, patience)
  }
}
