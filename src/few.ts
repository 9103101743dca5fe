/**
 * A map that costs little while it has one entry: there are several for each feed, and most feeds have one namespace.
 */
export class Few<K, V> {
  /** The entry, while there is one; `rest` has all of them from the second on. */
  private key: K | undefined
  private value: V | undefined
  private single = false
  private rest: Map<K, V> | null = null

  get size(): number {
    return this.rest ? this.rest.size : Number(this.single)
  }

  get(key: K): V | undefined {
    if (this.rest) return this.rest.get(key)
    return this.single && this.key === key ? this.value : undefined
  }

  set(key: K, value: V): void {
    if (this.rest) this.rest.set(key, value)
    else if (this.single && this.key !== key) this.rest = new Map([...this.entries(), [key, value]])
    else {
      this.key = key
      this.value = value
      this.single = true
    }
  }

  delete(key: K): boolean {
    if (this.rest) return this.rest.delete(key)
    if (!this.single || this.key !== key) return false
    this.clear()
    return true
  }

  clear(): void {
    this.key = this.value = undefined
    this.single = false
    this.rest = null
  }

  /** Whether a test holds for any; no array is made for it, as `values` would. */
  some(test: (value: V) => boolean): boolean {
    if (this.rest) return [...this.rest.values()].some(test)
    return this.single && test(this.value as V)
  }

  /** The most that `measure` gives for any; 0 where there is none. */
  most(measure: (value: V) => number): number {
    if (this.rest) return Math.max(0, ...[...this.rest.values()].map(measure))
    return this.single ? measure(this.value as V) : 0
  }

  /** Runs a task for each. */
  each(task: (value: V) => void): void {
    if (this.rest) for (const value of this.rest.values()) task(value)
    else if (this.single) task(this.value as V)
  }

  /** In the order in which they came. */
  values(): V[] {
    if (this.rest) return [...this.rest.values()]
    return this.single ? [this.value as V] : []
  }

  entries(): [K, V][] {
    if (this.rest) return [...this.rest]
    return this.single ? [[this.key as K, this.value as V]] : []
  }
}
