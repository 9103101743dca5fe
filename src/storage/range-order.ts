interface Running {
  start: number
  end: number
  changes: boolean
  done: Promise<unknown>
}

/**
 * Lets what touches the same bytes of a file happen in the order of the calls, and everything else at once. The
 * operating system promises no order among calls that are under way together.
 */
export class RangeOrder {
  readonly #running = new Set<Running>()

  /** Runs `op` when everything earlier that overlaps `start` to `end`, where either changes it, is over. */
  run<T>(start: number, end: number, changes: boolean, op: () => Promise<T>): Promise<T> {
    const before = [...this.#running].filter(
      (other) => (changes || other.changes) && other.start < end && start < other.end,
    )
    const result = before.length === 0 ? op() : Promise.allSettled(before.map(({ done }) => done)).then(op)
    const entry: Running = { start, end, changes, done: result }
    this.#running.add(entry)
    const remove = () => this.#running.delete(entry)
    result.then(remove, remove)
    return result
  }
}
