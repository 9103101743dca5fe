import { Buffer } from 'node:buffer'
import { answerOf } from './idb-request.ts'
import type { Page, PageHome } from './page-home.ts'
import { filesStore, pageRange, pageSize, pagesStore, storedPage } from './page-layout.ts'
import { readPages } from './page-reading.ts'
import { copySpan, edgeAt, patchPage, type Span, spansOf } from './pages.ts'
import { outsideOfFile } from './storage-error.ts'

/** Pages that are fetched beyond what is read, where pages are read one after the other. */
const readAhead = 16

/** Pages on their way from the database, as they were when the file had changed this often. */
interface Fetch {
  from: number
  to: number
  changes: number
  pages: Promise<Uint8Array[]>
}

/**
 * One file of a database: what is in memory of it and not yet committed, and the way to the rest. Changes are made in
 * memory, in the order of the calls, and go to the database with the next batch; reads see them at once.
 */
export class PageFile {
  readonly name: string
  /** How many have the file open. */
  users = 0
  readonly #home: PageHome
  readonly #pages = new Map<number, Page>()
  #size = 0
  #exists = false
  #loaded = false
  /** What the database has: its size, or undefined where it has no such file. */
  #committed: number | undefined
  #writing: { size: number | undefined; pages: Page[] } | undefined
  /** From this page on, and before `to`, the database holds what is to be removed with the next batch. */
  #removed: { from: number; to: number }[] = []
  /** Counts changes, so that a page which was read before one is not kept after it. */
  #changes = 0
  #fetches: Fetch[] = []
  #turn: Promise<void> | undefined

  constructor(home: PageHome, name: string) {
    this.#home = home
    this.name = name
  }

  async size(): Promise<number> {
    let size = 0
    await this.#inTurn([], () => {
      size = this.#size
    })
    return size
  }

  async read(offset: number, size: number): Promise<Uint8Array> {
    let bytes = Buffer.alloc(0)
    let fetched: Promise<void>[] = []
    await this.#inTurn([], () => {
      if (offset + size > this.#size) throw outsideOfFile(this.name, offset, size)
      bytes = Buffer.alloc(size)
      const spans = spansOf(offset, size, pageSize)
      const end = spans.length > 0 ? (spans.at(-1) as Span).index + 1 : 0
      fetched = spans.flatMap((span) => this.#copy(span, end, bytes) ?? [])
    })
    if (fetched.length > 0) await Promise.all(fetched)
    return bytes
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    const spans = spansOf(offset, data.length, pageSize)
    let committed: Promise<void> | undefined
    await this.#inTurn(spans, () => {
      for (const { index, start, end, at } of spans) {
        const page = this.#change(index)
        page.bytes = patchPage(page.bytes, start, data.subarray(at, at + end - start), pageSize)
      }
      this.#size = Math.max(this.#size, offset + data.length)
      this.#exists = true
      committed = this.#home.commit(this)
    })
    return committed
  }

  /** Zeros a range; truncates at `offset` when the range reaches the end. */
  async del(offset: number, size: number): Promise<void> {
    // Whole pages are dropped; the pages in which the range begins and ends are changed.
    const ends = size === Infinity ? [offset] : [offset, offset + size]
    const edges = ends.map((at) => edgeAt(at, pageSize)).filter(({ start }) => start > 0)
    let committed: Promise<void> | undefined
    await this.#inTurn(edges, () => {
      if (offset >= this.#size || size === 0) return
      if (offset + size >= this.#size) this.#truncate(offset)
      else this.#zero(offset, size)
      committed = this.#home.commit(this)
    })
    return committed
  }

  /** Removes the file altogether. */
  async remove(): Promise<void> {
    let committed: Promise<void> | undefined
    await this.#inTurn([], () => {
      this.#dropPages(0, Infinity)
      this.#size = 0
      this.#exists = false
      committed = this.#home.commit(this)
    })
    return committed
  }

  /** Forgets what it knows: another tab may have changed the file until now. */
  forget(): void {
    const changed = [...this.#pages.values()].some((page) => page.dirty || page.writing)
    if (changed || this.#turn || this.#writing || this.#removed.length > 0) return
    this.#pages.clear()
    this.#changes++
    this.#loaded = false
  }

  /** Lets a clean page go. */
  evict(page: Page): void {
    if (this.#pages.get(page.index) === page) this.#pages.delete(page.index)
  }

  /** Puts every change into `transaction`. */
  save(transaction: IDBTransaction): void {
    const pages = transaction.objectStore(pagesStore)
    const files = transaction.objectStore(filesStore)
    for (const { from, to } of this.#removed) pages.delete(pageRange(this.name, from, to))
    this.#removed = []
    const dirty = [...this.#pages.values()].filter((page) => page.dirty)
    this.#writing = { size: this.#exists ? this.#size : undefined, pages: dirty }
    for (const page of dirty) {
      page.dirty = false
      page.writing = true
      pages.put(storedPage(page.bytes, page.index, this.#size), [this.name, page.index])
    }
    if (!this.#exists) files.delete(this.name)
    else if (this.#size !== this.#committed) files.put(this.#size, this.name)
  }

  /** What `save` put is committed. */
  saved(): void {
    if (!this.#writing) return
    this.#committed = this.#writing.size
    for (const page of this.#writing.pages) {
      page.writing = false
      if (this.#pages.get(page.index) === page) this.#home.touch(page)
    }
    this.#writing = undefined
  }

  /** A transaction failed: goes back to what the database has. */
  reset(): void {
    for (const page of this.#pages.values()) if (page.dirty || page.writing) this.#pages.delete(page.index)
    this.#removed = []
    this.#writing = undefined
    this.#size = this.#committed ?? 0
    this.#exists = this.#committed !== undefined
    this.#changes++
  }

  /**
   * Runs `apply` after every earlier call's, with the size known and the pages in memory that `spans` changes in part.
   * Immediately where nothing has to be awaited, so that calls made together come into one batch.
   */
  #inTurn(spans: Span[], apply: () => void): Promise<void> | undefined {
    const prepared = this.#turn
      ? this.#turn.then(() => this.#prepare(spans, apply))
      : this.#prepare(spans, apply)
    if (!prepared) return undefined
    const turn = prepared.then(ignore, ignore)
    this.#turn = turn
    turn.then(() => {
      if (this.#turn === turn) this.#turn = undefined
    })
    return prepared
  }

  #prepare(spans: Span[], apply: () => void): Promise<void> | undefined {
    this.#home.check()
    if (!this.#loaded) return this.#load().then(() => this.#prepare(spans, apply))
    const missing = spans.filter(
      ({ index, start, end }) => end - start < pageSize && !this.#pages.has(index) && this.#isStored(index),
    )
    if (missing.length === 0) {
      apply()
      return undefined
    }
    // Once more from the start afterwards: in the meantime a page may have left memory again.
    const fetching = missing.map(({ index }) => this.#fetch(index, index + 1))
    return Promise.all(fetching).then(() => this.#prepare(spans, apply))
  }

  async #load(): Promise<void> {
    const size = await answerOf<number | undefined>(
      this.#home.reader().objectStore(filesStore).get(this.name),
    )
    this.#committed = size
    this.#size = size ?? 0
    this.#exists = size !== undefined
    this.#loaded = true
  }

  /** Whether the database may have the page, where memory has it not. */
  #isStored(index: number): boolean {
    const size = Math.max(this.#committed ?? 0, this.#writing?.size ?? 0)
    return index * pageSize < size && !this.#removed.some(({ from, to }) => from <= index && index < to)
  }

  /** The page, from the database. Those after it and before `end` are going to be asked for. */
  async #fetch(index: number, end: number): Promise<Uint8Array> {
    const under = this.#underWay(index) ?? this.#begin(index, end)
    return (await under.pages)[index - under.from] as Uint8Array
  }

  #underWay(index: number): Fetch | undefined {
    return this.#fetches.find(
      ({ from, to, changes }) => from <= index && index < to && changes === this.#changes,
    )
  }

  #begin(from: number, end: number): Fetch {
    const onward = from > 0 && (this.#pages.has(from - 1) || this.#underWay(from - 1) !== undefined)
    const most = onward ? end + readAhead : end
    let to = from + 1
    while (to < most && this.#isStored(to) && !this.#pages.has(to) && !this.#underWay(to)) to++
    const pages = readPages(this.#home.reader(), this.name, from, to)
    const fetch = { from, to, changes: this.#changes, pages }
    this.#fetches.push(fetch)
    const done = () => this.#fetches.splice(this.#fetches.indexOf(fetch), 1)
    pages.then((all) => {
      done()
      if (fetch.changes === this.#changes) for (const [i, bytes] of all.entries()) this.#keep(from + i, bytes)
    }, done)
    return fetch
  }

  /** Copies a part of a page; gives back a promise where the page comes from the database. */
  #copy(span: Span, end: number, target: Uint8Array): Promise<void> | undefined {
    const page = this.#pages.get(span.index)
    if (page) {
      copySpan(page.bytes, span, target)
      this.#home.touch(page)
      return undefined
    }
    if (!this.#isStored(span.index)) return undefined
    return this.#fetch(span.index, end).then((bytes) => copySpan(bytes, span, target))
  }

  #keep(index: number, bytes: Uint8Array): void {
    if (!this.#pages.has(index)) this.#home.touch(this.#page(index, bytes))
  }

  /** The page, to be changed. */
  #change(index: number): Page {
    this.#changes++
    const page = this.#pages.get(index) ?? this.#page(index, new Uint8Array(0))
    page.dirty = true
    this.#home.touch(page)
    return page
  }

  #page(index: number, bytes: Uint8Array): Page {
    const page = { file: this, index, bytes, dirty: false, writing: false }
    this.#pages.set(index, page)
    return page
  }

  #truncate(offset: number): void {
    const { index, start } = edgeAt(offset, pageSize)
    this.#dropPages(start === 0 ? index : index + 1, Infinity)
    if (start > 0) {
      const page = this.#change(index)
      page.bytes = page.bytes.slice(0, start)
    }
    this.#size = offset
  }

  #zero(offset: number, size: number): void {
    const spans = spansOf(offset, size, pageSize)
    const whole = spans.filter(({ start, end }) => end - start === pageSize)
    for (const span of spans) {
      if (span.end - span.start < pageSize) this.#change(span.index).bytes.fill(0, span.start, span.end)
    }
    const first = whole[0]
    if (first) this.#dropPages(first.index, first.index + whole.length)
  }

  #dropPages(from: number, to: number): void {
    this.#changes++
    for (const index of this.#pages.keys()) if (from <= index && index < to) this.#pages.delete(index)
    this.#removed.push({ from, to })
  }
}

function ignore(): void {}
