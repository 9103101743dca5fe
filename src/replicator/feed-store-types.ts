import type { Feed } from '../session/core.ts'
import type { Header } from '../wire/messages.ts'

/** A feed of a store, open: a hypercore 9, of which this is the part that has types here. */
export interface StoredFeed extends Feed {
  readonly discoveryKey: Buffer
  readonly opened: boolean
  readonly peers: readonly unknown[]
  append(block: unknown, cb?: (error: Error | null, index?: number) => void): void
  // biome-ignore lint/suspicious/noExplicitAny: a Buffer, or what `valueEncoding` says.
  get(index: number, cb: (error: Error | null, block: any) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: a Buffer, or what `valueEncoding` says.
  get(index: number, options: object, cb: (error: Error | null, block: any) => void): unknown
  /** The blocks from `start` up to but not including `end`. */
  // biome-ignore lint/suspicious/noExplicitAny: Buffers, or what `valueEncoding` says.
  getBatch(start: number, end: number, cb: (error: Error | null, blocks: any[]) => void): unknown
  getBatch(
    start: number,
    end: number,
    options: object,
    // biome-ignore lint/suspicious/noExplicitAny: Buffers, or what `valueEncoding` says.
    cb: (error: Error | null, blocks: any[]) => void,
  ): unknown
  ready(cb?: (error: Error | null) => void): void
  close(cb?: (error: Error | null) => void): void
  eventNames(): (string | symbol)[]
  listenerCount(event: string | symbol): number
}

/** A feed that a store has. */
export interface FeedInfo {
  readonly key: Buffer
  /** Of a writer. */
  readonly name?: string
  readonly header: Header
  /** null: none. */
  readonly namespace: string | null
  /** Made here. */
  readonly writable: boolean
}

export interface WriterOptions {
  /** What peers are told of the feed, a plain JSON object. Default: {}; for a writer that is there: as it was. */
  header?: Header
  /** Where the feed is shared; null: where no namespace is. Default: wherever the store is mounted. */
  namespace?: string | null
}

export interface FeedStoreOptions {
  /** Idle cores that stay open, those used last; 0 or more. Default: 128. */
  maxOpen?: number
  /** Milliseconds that whoever had a core opened has to begin with it, before it counts as idle. Default: 10,000. */
  idleAfter?: number
  /** Options for every hypercore of the store, such as `valueEncoding` and `sparse`. Default: {}. */
  core?: Record<string, unknown>
}

export const feedStoreDefaults = Object.freeze({ maxOpen: 128, idleAfter: 10_000, core: {} })
