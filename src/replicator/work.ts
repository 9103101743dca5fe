/** Promises that are under way. */
export class Work {
  private readonly promises = new Set<Promise<unknown>>()

  get isUnderWay(): boolean {
    return this.promises.size > 0
  }

  add<T>(promise: Promise<T>): Promise<T> {
    this.promises.add(promise)
    const done = () => this.promises.delete(promise)
    promise.then(done, done)
    return promise
  }

  /** Resolves when all that is under way now has settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.promises)
  }
}
