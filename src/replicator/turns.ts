/** Lets so many tasks run at a time; the others wait, the first come first. */
export class Turns {
  private readonly most: number
  private readonly queue: (() => void)[] = []
  private running = 0

  constructor(most: number) {
    this.most = most
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running >= this.most) await new Promise<void>((go) => this.queue.push(go))
    else this.running++
    try {
      return await task()
    } finally {
      // The place goes to the next in the queue, or is free.
      const next = this.queue.shift()
      if (next) next()
      else this.running--
    }
  }
}
