import { toHex } from '../bytes.ts'
import { Replic8Error } from '../errors.ts'

/** Anything that can be shared: a hypercore 9, a hyperdrive 10, a hypertrie, … */
export interface Core {
  /** 32 bytes; may be missing until the core is ready. */
  readonly key?: Uint8Array | null
  // biome-ignore lint/suspicious/noExplicitAny: the stream and the options are hypercore's own, of any version 9.
  replicate(initiator: any, options?: any): unknown
  /** Opens the core; takes a callback, or gives a promise. */
  // biome-ignore lint/suspicious/noExplicitAny: libraries differ in what they give back.
  ready?(callback?: any): any
}

/** A hypercore 9, as far as replication needs to know it. */
export interface Feed extends Core {
  readonly key: Buffer
  readonly length: number
  readonly sparse: boolean
  readonly writable: boolean
  readonly closing?: boolean
  readonly closed?: boolean
  has(index: number): boolean
  downloaded(start: number, end: number): number
  download(range: { start: number; end: number }, done?: (error: Error | null) => void): object
  undownload(range: object): void
  on(event: string, handler: (...args: never[]) => void): unknown
  removeListener(event: string, handler: (...args: never[]) => void): unknown
}

/**
 * A core of one feed that need not be open to be offered, because it is known what it has: it opens when it replicates,
 * at the latest.
 */
export interface RestingCore extends Core {
  /** Blocks, all of them here; undefined when it is open, or was never closed in order. */
  readonly restLength: number | undefined
  /**
   * Calls `onopen` with the open feed before anybody can change it, at once where it is open, and `ongone` when it will
   * never be again. Gives a function that takes both back.
   */
  watch(onopen: (feed: Feed) => void, ongone: () => void): () => void
}

interface Drive extends Core {
  metadata: Feed | null
  getContent(done: (error: Error | null, feed: Feed | null) => void): void
}

type Unknown = Record<string, unknown>

export function isCore(value: unknown): value is Core {
  return typeof value === 'object' && value !== null && typeof (value as Unknown).replicate === 'function'
}

/** The key of a core; undefined where it has none yet, or none that can be read. */
export function keyOf(core: Core): Uint8Array | undefined {
  try {
    const { key } = core
    return key instanceof Uint8Array && key.length === 32 ? key : undefined
  } catch {
    // A getter of the application's failed: the core can not be opened, and costs no other.
    return undefined
  }
}

/** The key of a core as hex digits; undefined where it has none, or none that can be read. */
export function keyHex(core: Core): string | undefined {
  const key = keyOf(core)
  return key && hexOf(key)
}

/** The Buffer of a core's key, where it is this one. */
export function keyIn(core: Core | undefined, hex: string): Buffer | undefined {
  const key = core && keyOf(core)
  return Buffer.isBuffer(key) && hexOf(key) === hex ? key : undefined
}

/** A feed's key as hex digits, from bytes or hex digits. Errors: ERR_BAD_ARGUMENT. */
export function toHexKey(key: unknown): string {
  if (key instanceof Uint8Array && key.length === 32) return hexOf(key)
  if (typeof key === 'string' && /^[0-9a-f]{64}$/i.test(key)) return key.toLowerCase()
  throw new Replic8Error('ERR_BAD_ARGUMENT', 'A key is 32 bytes, or 64 hex digits.')
}

function hexOf(key: Uint8Array): string {
  return Buffer.isBuffer(key) ? key.toString('hex') : toHex(key)
}

/** How many feeds are behind the key of a core; undefined where that cannot be seen. */
export function feedCount(core: Core): number | undefined {
  if (isFeed(core)) return 1
  if (isDrive(core)) return 2
  return isFeed((core as unknown as Unknown).feed) ? 1 : undefined
}

/** Who hears of the feeds of a core. */
export interface Named {
  /** A feed of the core has become known. */
  onnamed(index: number, feed: Feed): void
  /** The core was closed before it was ever open. */
  oncoreclosed(): void
}

/**
 * Names the feeds behind one offered key, in the order in which both ends state their lengths: a hypercore is itself;
 * a hyperdrive has metadata and content (known once its first metadata block is here); a hypertrie and its like have
 * one feed. Tells of each as it becomes known; nothing else of a store may travel with it.
 * Gives a function that ends the naming, as a drive may wait for its metadata for ever; null: all are named.
 */
export function feedsOf(core: Core, named: Named): (() => void) | null {
  if (isResting(core))
    return core.watch(
      (feed) => named.onnamed(0, feed),
      () => named.oncoreclosed(),
    )
  const { feed } = core as unknown as { feed?: unknown }
  if (isFeed(core)) named.onnamed(0, core)
  else if (isDrive(core)) return nameDrive(core, named)
  else if (isFeed(feed)) named.onnamed(0, feed)
  return null
}

function nameDrive(core: Drive, named: Named): () => void {
  let stopped = false
  const { metadata } = core
  if (isFeed(metadata)) named.onnamed(0, metadata)
  core.getContent((error, content) => {
    if (!stopped && !error && isFeed(content) && belongs(content, metadata)) named.onnamed(1, content)
  })
  return () => {
    stopped = true
  }
}

/**
 * A drive's metadata can name any key as its content. One that somebody else wrote, and that names a core which only
 * this end can write, tries to get hold of a core that it does not own.
 */
function belongs(content: Feed, metadata: Feed | null): boolean {
  return !content.writable || metadata?.writable === true
}

/**
 * How to wait for the feeds that an open structure can name from what it has; null: it has named them. A drive without
 * metadata has no content yet.
 */
export function naming(core: Core): ((done: () => void) => void) | null {
  if (!isDrive(core) || !isFeed(core.metadata) || !core.metadata.has(0)) return null
  return (done) => core.getContent(() => done())
}

function isResting(core: Core): core is RestingCore {
  return 'restLength' in core && typeof (core as unknown as Unknown).watch === 'function'
}

/** Blocks of a core that is not open, all of them here; undefined where that is not known. */
export function restLength(core: Core): number | undefined {
  return isResting(core) ? core.restLength : undefined
}

/** Whether a core has its key and needs not be waited for. */
export function isOpen(core: Core): boolean {
  if (restLength(core) !== undefined) return true
  return isFeed(core) && (core as { opened?: unknown }).opened === true && keyOf(core) !== undefined
}

export function isFeed(value: unknown): value is Feed {
  if (typeof value !== 'object' || value === null) return false
  const { downloaded, download, has, replicate } = value as Unknown
  return (
    typeof downloaded === 'function' &&
    typeof download === 'function' &&
    typeof has === 'function' &&
    typeof replicate === 'function'
  )
}

function isDrive(core: Core): core is Drive {
  const { metadata, getContent } = core as unknown as Unknown
  return metadata !== undefined && typeof getContent === 'function'
}
