/**
 * Numbered pages of one size, in place of the package memory-pager 1.5 and with its shape. That one makes an array of
 * 32,768 places for each pager, and hypercore makes several pagers for each feed and for each peer of a feed; here a
 * pager of one page is one page.
 */
export interface Page {
  /** Where the page begins, in bytes. */
  readonly offset: number
  buffer: Buffer
  /** It waits in `updates`. */
  updated: boolean
  /** How many bytes, from the first, are known to be as in the pattern. */
  deduplicate: number
}

/** Page numbers below this are places in an array, which grows as it is filled; further ones are rare. */
const near = 32_768

export class Pager {
  /** One more than the highest number of a page that there is or was. */
  length = 0
  /** Pages that were changed since `lastUpdate` gave them. */
  readonly updates: Page[] = []
  readonly pageSize: number
  /** What many pages are equal to: they share this one Buffer until they are changed. */
  readonly deduplicate: Buffer | null
  private readonly zeros: Buffer | null
  private readonly pages: (Page | undefined)[] = []
  private far: Map<number, Page> | null = null

  constructor(pageSize?: number, options?: { deduplicate?: Buffer | null } | null) {
    this.pageSize = pageSize || 1024
    const pattern = options?.deduplicate ?? null
    this.deduplicate = pattern && shared(patterns, pattern.length, pattern)
    this.zeros = pattern && shared(blanks, pattern.length, null)
  }

  /** The page of a number; one that is missing is made, unless only what there is is wanted. */
  get(index: number, noAllocate?: boolean): Page | undefined {
    const page = index < near ? this.pages[index] : this.far?.get(index)
    if (noAllocate) return page
    if (!page) return this.put(index, Buffer.alloc(this.pageSize))
    if (page.buffer === this.deduplicate) {
      page.buffer = Buffer.from(page.buffer)
      page.deduplicate = 0
    }
    return page
  }

  /** Takes the bytes of a page as they are; none, or all zeros where there is a pattern, removes it. */
  set(index: number, bytes?: Buffer | null): void {
    if (index >= this.length) this.length = index + 1
    if (!bytes || this.zeros?.equals(bytes)) {
      this.remove(index)
      return
    }
    const buffer = this.deduplicate?.equals(bytes) ? this.deduplicate : fitted(bytes, this.pageSize)
    const page = this.get(index, true)
    if (page) page.buffer = buffer
    else this.put(index, buffer)
  }

  /** Notes that a page was changed. */
  updated(page: Page): void {
    if (this.deduplicate) this.compare(page, this.deduplicate)
    if (page.updated) return
    page.updated = true
    this.updates.push(page)
  }

  /** A page that was changed, the latest first; null when there is none. */
  lastUpdate(): Page | null {
    const page = this.updates.pop()
    if (!page) return null
    page.updated = false
    return page
  }

  toBuffer(): Buffer {
    const empty = Buffer.alloc(this.pageSize)
    return Buffer.concat(Array.from({ length: this.length }, (_, i) => this.get(i, true)?.buffer ?? empty))
  }

  private put(index: number, buffer: Buffer): Page {
    const page = { offset: index * buffer.length, buffer, updated: false, deduplicate: 0 }
    if (index >= this.length) this.length = index + 1
    if (index < near) this.pages[index] = page
    else {
      this.far ??= new Map()
      this.far.set(index, page)
    }
    return page
  }

  private remove(index: number) {
    if (index < this.pages.length) this.pages[index] = undefined
    else this.far?.delete(index)
  }

  /** Pages fill up from the front, as feeds do: each byte is compared about once. */
  private compare(page: Page, pattern: Buffer) {
    while (page.buffer[page.deduplicate] === pattern[page.deduplicate]) {
      if (++page.deduplicate < pattern.length) continue
      page.deduplicate = 0
      if (page.buffer.equals(pattern)) page.buffer = pattern
      return
    }
  }
}

/** Patterns and blank pages are the same for all feeds: one Buffer of each size. */
const patterns = new Map<number, Buffer>()
const blanks = new Map<number, Buffer>()

function shared(known: Map<number, Buffer>, size: number, wanted: Buffer | null): Buffer {
  const first = known.get(size)
  if (first && (!wanted || first.equals(wanted))) return first
  const made = wanted ? Buffer.from(wanted) : Buffer.alloc(size)
  if (!first) known.set(size, made)
  return made
}

function fitted(bytes: Buffer, size: number): Buffer {
  if (bytes.length === size) return bytes
  if (bytes.length > size) return bytes.subarray(0, size)
  return Buffer.concat([bytes], size)
}

/** The package is called without `new`. */
function pager(pageSize?: number, options?: { deduplicate?: Buffer | null } | null): Pager {
  return new Pager(pageSize, options)
}

// CommonJS requires this module and takes the function itself.
export { pager as default, pager as 'module.exports' }
