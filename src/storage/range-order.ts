interface Entry {
  readonly start: number
  readonly end: number
  readonly changes: boolean
  /** How many it still waits for. */
  ahead: number
  /** Those that wait for it. */
  behind: Entry[] | null
  begin(): void
}

/**
 * Lets what touches the same bytes of a file happen in the order of the calls, and everything else at once. The
 * operating system promises no order among calls that are under way together.
 *
 * Hundreds of calls may be under way, most of them in each other's way: a call counts those ahead of it, as a promise
 * for each pair would cost many times what the calls do.
 */
export class RangeOrder {
  readonly #running = new Set<Entry>()

  /** Runs `op` when everything earlier that overlaps `start` to `end`, where either changes it, is over. */
  run<T>(start: number, end: number, changes: boolean, op: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { start, end, changes, ahead: 0, behind: null, begin }
      const order = this
      for (const other of this.#running) {
        if (!(changes || other.changes) || other.start >= end || start >= other.end) continue
        entry.ahead++
        other.behind ??= []
        other.behind.push(entry)
      }
      this.#running.add(entry)
      if (entry.ahead === 0) begin()

      function begin() {
        op()
          .then(resolve, reject)
          .finally(() => order.#over(entry))
      }
    })
  }

  #over(entry: Entry) {
    this.#running.delete(entry)
    for (const other of entry.behind ?? []) if (--other.ahead === 0) other.begin()
  }
}
