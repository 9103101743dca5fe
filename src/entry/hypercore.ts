/** The engine that ships inside, hypercore 9, with the types that it lacks. */
import type { Storage, StorageCallback } from '../random-access-storage.ts'
import { hypercore as engine } from '../session/hypercore.ts'

export interface Codec<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** See the README of hypercore 9; a value is a Buffer unless `valueEncoding` says otherwise. */
export interface HypercoreOptions<T = Buffer> {
  valueEncoding?: 'binary' | 'json' | 'utf-8' | Codec<T>
  /** Do not download blocks before they are asked for. */
  sparse?: boolean
  createIfMissing?: boolean
  overwrite?: boolean
  secretKey?: Uint8Array
  storeSecretKey?: boolean
  storageCacheSize?: number
  eagerUpdate?: boolean
  stats?: boolean
  [option: string]: unknown
}

export interface Range {
  start?: number
  /** Exclusive; -1 or left out: all that is to come. */
  end?: number
  linear?: boolean
}

export interface GetOptions {
  /** Wait for a peer that has the block; true by default. */
  wait?: boolean
  /** In milliseconds; none by default. */
  timeout?: number
  onwait?: () => void
}

/** A feed of hypercore 9: an append-only log of blocks, written by the holder of its secret key. */
export interface Hypercore<T = Buffer> {
  readonly key: Buffer
  readonly discoveryKey: Buffer
  readonly secretKey: Buffer | null
  /** In blocks. */
  readonly length: number
  readonly byteLength: number
  readonly writable: boolean
  readonly readable: boolean
  readonly opened: boolean
  readonly closed: boolean
  readonly peers: readonly unknown[]

  ready(cb?: StorageCallback): void
  /** Gives the index of the first block that was appended. */
  append(block: T | readonly T[], cb?: StorageCallback<number>): void
  get(index: number, cb: StorageCallback<T>): unknown
  get(index: number, options: GetOptions, cb: StorageCallback<T>): unknown
  getBatch(start: number, end: number, cb: StorageCallback<T[]>): void
  head(cb: StorageCallback<T>): unknown
  has(index: number): boolean
  has(start: number, end: number): boolean
  downloaded(start?: number, end?: number): number
  download(range?: Range | number, cb?: StorageCallback): unknown
  undownload(request: unknown): void
  cancel(request: unknown): void
  /** Waits for a peer that has more than the given length, by default more than there is now. */
  update(length?: number, cb?: StorageCallback): void
  update(cb: StorageCallback): void
  clear(start: number, end: number, cb?: StorageCallback): void
  seek(byteOffset: number, cb: (err: Error | null, index: number, relativeOffset: number) => void): void
  audit(cb: StorageCallback<{ valid: number; invalid: number }>): void
  createReadStream(options?: Range & { live?: boolean; tail?: boolean; snapshot?: boolean }): Readable<T>
  // biome-ignore lint/suspicious/noExplicitAny: a stream of streamx, for which there are no types
  createWriteStream(options?: Record<string, unknown>): any
  // biome-ignore lint/suspicious/noExplicitAny: the protocol stream; a session takes care of it
  replicate(initiator: any, options?: any): any
  registerExtension(
    name: string,
    handlers: {
      encoding?: string | Codec<unknown>
      onmessage?: (message: unknown, peer: unknown) => void
      onerror?: (err: Error) => void
    },
  ): { send(message: unknown, peer: unknown): void; broadcast(message: unknown): void; destroy(): void }
  close(cb?: StorageCallback): void
  destroyStorage(cb?: StorageCallback): void

  on(event: string, listener: (...args: never[]) => void): this
  once(event: string, listener: (...args: never[]) => void): this
  off(event: string, listener: (...args: never[]) => void): this
  removeListener(event: string, listener: (...args: never[]) => void): this
}

/** What every stream of blocks has. */
export interface Readable<T> extends AsyncIterable<T> {
  on(event: string, listener: (...args: never[]) => void): this
  pipe<Target>(destination: Target): Target
  destroy(err?: Error): void
}

export interface HypercoreConstructor {
  <T = Buffer>(
    storage: Storage | string,
    key?: Uint8Array | string | null,
    options?: HypercoreOptions<T>,
  ): Hypercore<T>
  <T = Buffer>(storage: Storage | string, options?: HypercoreOptions<T>): Hypercore<T>
  new <T = Buffer>(
    storage: Storage | string,
    key?: Uint8Array | string | null,
    options?: HypercoreOptions<T>,
  ): Hypercore<T>
}

export const hypercore: HypercoreConstructor = engine
