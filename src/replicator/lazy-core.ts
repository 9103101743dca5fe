import { Replic8Error } from '../errors.ts'
import type { Feed, RestingCore } from '../session/core.ts'
import type { StoredFeed } from './feed-store-types.ts'
import type { OpenCores } from './open-cores.ts'

/**
 * A feed of a store that need not be open: it can be offered by its key, and opens when somebody begins with it. The
 * core behind it is closed when nobody uses it any more, and may be another object the next time: an application takes
 * its cores from `store.get(key)`.
 */
export class LazyCore implements RestingCore {
  /** The same Buffer always. */
  readonly key: Buffer
  private readonly hex: string
  private readonly cores: OpenCores
  private readonly goings = new Set<() => void>()
  private gone = false

  constructor(key: Buffer, cores: OpenCores) {
    this.key = key
    this.hex = key.toString('hex')
    this.cores = cores
  }

  /** The core, while it is open. */
  get feed(): StoredFeed | undefined {
    return this.gone ? undefined : this.cores.current(this.hex)
  }

  get restLength(): number | undefined {
    return this.gone ? undefined : this.cores.restLength(this.hex)
  }

  /** The store was closed, or the feed removed from it. */
  get closed(): boolean {
    return this.gone
  }

  /**
   * Opens the core. It stays open while it has peers or anybody listens to it; begin within `idleAfter`.
   * Errors: ERR_STORAGE_LOCKED, ERR_STORAGE, ERR_CLOSED.
   */
  async open(): Promise<StoredFeed> {
    this.check()
    return this.cores.open(this.hex)
  }

  watch(onopen: (feed: StoredFeed) => void, ongone: () => void): () => void {
    const stop = this.cores.watch(this.hex, onopen)
    this.goings.add(ongone)
    return () => {
      stop()
      this.goings.delete(ongone)
    }
  }

  /** As `open`, by callback or promise. */
  ready(cb?: (error: Error | null) => void): Promise<void> | undefined {
    const opening = this.open()
    if (!cb) return opening.then(() => {})
    opening.then(
      () => cb(null),
      (error) => cb(error),
    )
    return undefined
  }

  /** Does something short with the open core, which may be closed right afterwards. */
  async use<T>(task: (feed: Feed) => T | Promise<T>): Promise<T> {
    this.check()
    return this.cores.use(this.hex, task)
  }

  /**
   * hypercore's. With `options.stream` the core may be closed still: what fails then destroys the stream.
   * Errors: ERR_BAD_ARGUMENT without a stream while it is closed.
   */
  replicate(initiator: unknown, options: { stream?: { destroy(error?: unknown): void } } = {}): unknown {
    const { feed } = this
    if (feed) return feed.replicate(initiator, options)
    const { stream } = options
    if (!stream)
      throw new Replic8Error(
        'ERR_BAD_ARGUMENT',
        'A core that is not open needs options.stream to replicate on.',
      )
    this.open().then(
      (core) => core.replicate(initiator, options),
      (error) => stream.destroy(error),
    )
    return stream
  }

  /** The store lets go of it. */
  release() {
    this.gone = true
    for (const ongone of [...this.goings]) ongone()
    this.goings.clear()
  }

  private check() {
    if (this.gone) throw new Replic8Error('ERR_CLOSED', 'The feed was removed, or its store closed.')
  }
}
