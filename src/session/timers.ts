/** The timers of one owner, ended together. */
export class Timers {
  private readonly running = new Set<ReturnType<typeof setTimeout>>()

  /** Runs a task after so many ms. */
  after(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      this.running.delete(timer)
      task()
    }, ms)
    this.running.add(timer)
  }

  /** Runs a task when `size` is no smaller after `ms` than before, or after so many rounds of that. */
  whenStuck(size: () => number, ms: number, rounds: number, task: () => void) {
    const before = size()
    this.after(ms, () => {
      if (rounds > 1 && size() < before) this.whenStuck(size, ms, rounds - 1, task)
      else task()
    })
  }

  clear() {
    for (const timer of this.running) clearTimeout(timer)
    this.running.clear()
  }
}
