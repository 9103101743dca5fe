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
  has(index: number): boolean
  downloaded(start: number, end: number): number
  download(range: { start: number; end: number }, done?: (error: Error | null) => void): object
  undownload(range: object): void
  on(event: string, handler: (...args: never[]) => void): unknown
  removeListener(event: string, handler: (...args: never[]) => void): unknown
}

interface Drive extends Core {
  metadata: Feed | null
  getContent(done: (error: Error | null, feed: Feed | null) => void): void
}

type Unknown = Record<string, unknown>

export function isCore(value: unknown): value is Core {
  return typeof value === 'object' && value !== null && typeof (value as Unknown).replicate === 'function'
}

export function keyHex(core: Core): string | undefined {
  const { key } = core
  return key instanceof Uint8Array && key.length === 32 ? Buffer.from(key).toString('hex') : undefined
}

/**
 * Waits until a core is open and has its key; its `ready` may take a callback or give a promise.
 * Errors: ERR_CORE_FAILED, also when it takes more than `timeout` ms.
 */
export function whenReady(core: Core, timeout: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (error: unknown) => {
      clearTimeout(timer)
      const detail = error instanceof Error ? error.message : String(error)
      reject(new Replic8Error('ERR_CORE_FAILED', `A core could not be opened: ${detail}.`, { cause: error }))
    }
    const timer = setTimeout(() => fail(`it was not ready within ${timeout} ms`), timeout)
    const done = (error?: unknown) => {
      if (error) return fail(error)
      if (!keyHex(core)) return fail('it has no key of 32 bytes')
      clearTimeout(timer)
      resolve()
    }
    try {
      if (!core.ready) return done()
      const promise = core.ready(done) as { then?: unknown } | undefined
      if (promise && typeof promise.then === 'function') Promise.resolve(promise).then(() => done(), fail)
    } catch (error) {
      fail(error)
    }
  })
}

/**
 * Names the feeds behind one offered key, in the order in which both ends state their lengths: a hypercore is itself;
 * a hyperdrive has metadata and content (known once its first metadata block is here); a hypertrie and its like have
 * one feed. Calls `onfeed` for each as it becomes known; nothing else of a store may travel with it.
 */
export function feedsOf(core: Core, onfeed: (index: number, feed: Feed) => void) {
  if (isFeed(core)) onfeed(0, core)
  else if (isDrive(core)) {
    if (isFeed(core.metadata)) onfeed(0, core.metadata)
    core.getContent((error, content) => {
      if (!error && isFeed(content)) onfeed(1, content)
    })
  } else if (isFeed((core as unknown as Unknown).feed)) {
    onfeed(0, (core as unknown as Unknown).feed as Feed)
  }
}

/** Waits for the feeds that an open structure can name from what it has; a drive without metadata has no content yet. */
export function whenNamed(core: Core): Promise<void> {
  return new Promise((resolve) => {
    if (isDrive(core) && isFeed(core.metadata) && core.metadata.has(0)) core.getContent(() => resolve())
    else resolve()
  })
}

function isFeed(value: unknown): value is Feed {
  if (typeof value !== 'object' || value === null) return false
  const { downloaded, download, has, replicate } = value as Unknown
  return [downloaded, download, has, replicate].every((method) => typeof method === 'function')
}

function isDrive(core: Core): core is Drive {
  const { metadata, getContent } = core as unknown as Unknown
  return metadata !== undefined && typeof getContent === 'function'
}
