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

  clear() {
    for (const timer of this.running) clearTimeout(timer)
    this.running.clear()
  }
}
