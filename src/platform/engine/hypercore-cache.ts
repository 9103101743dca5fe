/**
 * What was read lately, by number, in place of the package hypercore-cache 1.0 and with as much of its shape as hypercore
 * uses. That one makes a string of each number that it is asked for, and each block asks for some dozen tree nodes.
 */
export interface CacheOptions<T> {
  /** What may be kept, twice: of what was put in last, and of what was before that. Default: 16 MiB. */
  maxByteSize?: number
  /** Default: 1024 for everything. */
  estimateSize?: (value: T) => number
}

export class Cache<T> {
  private readonly maxByteSize: number
  private readonly estimateSize: (value: T) => number
  private fresh = new Map<number, T>()
  private stale: Map<number, T> | null = null
  private freshByteSize = 0

  constructor({ maxByteSize, estimateSize }: CacheOptions<T> = {}) {
    this.maxByteSize = maxByteSize || 16 * 1024 * 1024
    this.estimateSize = estimateSize ?? (() => 1024)
  }

  get(key: number): T | undefined {
    return this.fresh.get(key) ?? this.stale?.get(key)
  }

  set(key: number, value: T): void {
    const size = this.estimateSize(value)
    if (this.freshByteSize + size > this.maxByteSize) {
      this.stale = this.fresh
      this.fresh = new Map()
      this.freshByteSize = 0
    }
    this.fresh.set(key, value)
    this.freshByteSize += size
  }
}

// CommonJS requires this module and takes the class itself.
export { Cache as default, Cache as 'module.exports' }
