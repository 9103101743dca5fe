import { Buffer } from 'node:buffer'
import { type Span, spansOf } from './pages.ts'

// Large enough that a block is few pages, small enough that a sparse core wastes little.
const pageSize = 65_536
const nothing = new Uint8Array(0)
/** Pages after which a file is large: it then takes whole pages, which need not be copied as they fill up. */
const many = 4
/** Bytes that are read into memory of their own: a feed keeps its key, and would keep what lies around it as well. */
const kept = 32

/** The bytes of one file in memory. It takes the memory of what was written, in pages of 64 KiB; the first few begin small. */
export class MemoryBytes {
  size = 0
  /** The first page: of most files the only one. */
  private first: Uint8Array = nothing
  private rest: Map<number, Uint8Array> | null = null

  /** A copy of a range, which may end behind the end of the file. */
  read(offset: number, size: number): Buffer {
    const index = Math.floor(offset / pageSize)
    const start = offset - index * pageSize
    // Nothing is zeroed that is written at once.
    if (size > kept && start + size <= this.page(index).length) {
      const bytes = Buffer.allocUnsafe(size)
      bytes.set(this.page(index).subarray(start, start + size))
      return bytes
    }
    const spans = spansOf(offset, size, pageSize)
    const isWhole = spans.every(({ index, end }) => this.page(index).length >= end)
    const bytes = isWhole && size > kept ? Buffer.allocUnsafe(size) : Buffer.alloc(size)
    for (const { index, start, end, at } of spans) bytes.set(this.page(index).subarray(start, end), at)
    return bytes
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length
    const index = Math.floor(offset / pageSize)
    if (end <= (index + 1) * pageSize) this.patch(index, offset - index * pageSize, data)
    else for (const span of spansOf(offset, data.length, pageSize)) this.patchSpan(span, data)
    if (end > this.size) this.size = end
  }

  /** Zeros a range; one that reaches the end truncates. */
  del(offset: number, size: number): void {
    const end = Math.min(this.size, offset + size)
    for (const { index, start, end: to } of spansOf(offset, Math.max(0, end - offset), pageSize)) {
      if (to - start === pageSize) this.drop(index)
      else this.page(index).fill(0, start, to)
    }
    if (offset < this.size && end === this.size) this.size = offset
  }

  /** Lets go of everything. */
  clear(): void {
    this.size = 0
    this.first = nothing
    this.rest = null
  }

  private page(index: number): Uint8Array {
    return index === 0 ? this.first : (this.rest?.get(index) ?? nothing)
  }

  private patchSpan({ index, start, end, at }: Span, data: Uint8Array) {
    this.patch(index, start, data.subarray(at, at + end - start))
  }

  private patch(index: number, start: number, data: Uint8Array) {
    const page = this.page(index)
    if (start + data.length <= page.length) page.set(data, start)
    else this.put(index, this.grown(page, start, data))
  }

  /** A longer page, of what the page holds and with `data` written into it. */
  private grown(page: Uint8Array, start: number, data: Uint8Array): Uint8Array {
    // Nothing is zeroed that is written at once.
    if (data.length === pageSize) return Buffer.from(data)
    const longer = new Uint8Array(this.lengthFor(page.length, start + data.length))
    longer.set(page)
    longer.set(data, start)
    return longer
  }

  /** Doubling, because hypercore appends to its tree by 40 bytes; the first piece is taken as it is. */
  private lengthFor(length: number, atLeast: number): number {
    if (length > 0) return Math.max(atLeast, Math.min(pageSize, 2 * length))
    return (this.rest?.size ?? 0) < many ? atLeast : pageSize
  }

  private put(index: number, page: Uint8Array) {
    if (index === 0) this.first = page
    else {
      this.rest ??= new Map()
      this.rest.set(index, page)
    }
  }

  private drop(index: number) {
    if (index === 0) this.first = nothing
    else this.rest?.delete(index)
  }
}
