/** Runs a task soon after it was asked for, and at most once in `interval` ms. */
export class Pulse {
  private readonly interval: number
  private readonly task: () => void
  private timer: ReturnType<typeof setTimeout> | null = null
  private last = 0
  private hastened = false
  private stopped = false

  constructor(interval: number, task: () => void) {
    this.interval = interval
    this.task = task
  }

  /** @param soon at once, where the task has not run within the interval; else at the end of one */
  request(soon = true) {
    if (this.timer || this.stopped) return
    const wait = soon ? Math.max(0, this.last + this.interval - Date.now()) : this.interval
    this.timer = setTimeout(() => this.beat(), Math.min(wait, this.interval))
  }

  /** Runs the task now, if it was asked for. */
  hurry() {
    if (!this.timer) return
    clearTimeout(this.timer)
    this.beat()
  }

  /** Runs the task in a moment, if it was asked for: not from within what the caller does. */
  hasten() {
    if (!this.timer || this.hastened) return
    this.hastened = true
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.beat(), 0)
  }

  stop() {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private beat() {
    this.timer = null
    this.hastened = false
    this.last = Date.now()
    this.task()
  }
}
