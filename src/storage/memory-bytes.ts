import { Buffer } from 'node:buffer'
import { copySpan, patchPage, type Span, spansOf } from './pages.ts'

// Large enough that a block is few pieces, small enough that a sparse core wastes little.
const pageSize = 65_536
const nothing = new Uint8Array(0)
/** Pages after which a file is large: it then takes whole pages, which need not be copied as they fill up. */
const many = 4

/** The bytes of one file in memory. It takes the memory of what was written, in pages of 64 KiB; the first few begin small. */
export class MemoryBytes {
  size = 0
  /** The first page: of most files the only one. */
  private first: Uint8Array = nothing
  private rest: Map<number, Uint8Array> | null = null

  read(offset: number, size: number): Uint8Array {
    if (offset + size > pageSize) return this.readPages(offset, size)
    const bytes = Buffer.alloc(size)
    copySpan(this.first, { start: offset, end: offset + size, at: 0 }, bytes)
    return bytes
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length
    if (end <= pageSize) this.first = patchPage(this.first, offset, data, pageSize)
    else for (const span of spansOf(offset, data.length, pageSize)) this.patch(span, data)
    if (end > this.size) this.size = end
  }

  /** Zeros a range; one that reaches the end truncates. */
  del(offset: number, size: number): void {
    const end = Math.min(this.size, offset + size)
    for (const { index, start, end: to } of spansOf(offset, Math.max(0, end - offset), pageSize)) {
      if (to - start === pageSize) this.drop(index)
      else this.page(index)?.fill(0, start, to)
    }
    if (offset < this.size && end === this.size) this.size = offset
  }

  /** Lets go of everything. */
  clear(): void {
    this.size = 0
    this.first = nothing
    this.rest = null
  }

  private readPages(offset: number, size: number): Uint8Array {
    const spans = spansOf(offset, size, pageSize)
    const isWhole = spans.every(({ index, end }) => (this.page(index)?.length ?? 0) >= end)
    // Nothing is zeroed that is written at once; a small one stays alone, as hypercore keeps those.
    const bytes = isWhole && size > 4096 ? Buffer.allocUnsafeSlow(size) : Buffer.alloc(size)
    for (const span of spans) copySpan(this.page(span.index) ?? nothing, span, bytes)
    return bytes
  }

  private page(index: number): Uint8Array | undefined {
    return index === 0 ? this.first : this.rest?.get(index)
  }

  private patch({ index, start, end, at }: Span, data: Uint8Array) {
    const page = patchPage(
      this.page(index) ?? this.begun(),
      start,
      data.subarray(at, at + end - start),
      pageSize,
    )
    if (index === 0) this.first = page
    else {
      this.rest ??= new Map()
      this.rest.set(index, page)
    }
  }

  private begun(): Uint8Array {
    return (this.rest?.size ?? 0) < many ? nothing : new Uint8Array(pageSize)
  }

  private drop(index: number) {
    if (index === 0) this.first = nothing
    else this.rest?.delete(index)
  }
}
