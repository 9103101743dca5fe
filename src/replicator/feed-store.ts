import { Replic8Error } from '../errors.ts'
import type { Core } from '../session/core.ts'
import { toHexKey } from '../session/core.ts'
import { noiseKeyPair } from '../session/engine.ts'
import type { KeyPair } from '../session/options.ts'
import type { CoreStore, DescribeQuestion, FeedQuestion, ShareQuestion, StoreHost } from './core-store.ts'
import { type FeedStorage, removeCore } from './feed-store-files.ts'
import { FeedRecords } from './feed-store-records.ts'
import {
  type FeedInfo,
  type FeedStoreOptions,
  feedStoreDefaults,
  type StoredFeed,
  type WriterOptions,
} from './feed-store-types.ts'
import { newKeyPair } from './feed-store-writers.ts'
import { LazyCore } from './lazy-core.ts'
import { folderOf, OpenCores } from './open-cores.ts'

interface Host {
  readonly host: StoreHost
  readonly namespace: string | null
}

/**
 * A persistent collection of feeds over any random-access storage: feeds written here, by name, and feeds taken from
 * peers, with their headers and namespaces. Made with or without `new`; nothing is opened before it is asked for.
 *
 * Every method that gives a promise can reject with ERR_STORAGE_LOCKED (another process or tab has the store; asking
 * again tries again), ERR_STORAGE, ERR_STORAGE_FULL, and ERR_CLOSED after `close`.
 */
class Store implements CoreStore {
  readonly name = 'FeedStore'
  private readonly storage: FeedStorage
  private readonly cores: OpenCores
  private readonly records: FeedRecords
  private readonly lazy = new Map<string, LazyCore>()
  private readonly making = new Map<string, Promise<StoredFeed>>()
  private readonly removing = new Map<string, Promise<void>>()
  private readonly hosts: Host[] = []
  private opening: Promise<void> | null = null
  private isOpen = false
  private closing: Promise<void> | null = null
  private pair: Promise<KeyPair> | null = null

  /**
   * @param storage `(filename) => RandomAccessStorage`, the same file for the same name: `memory()`, `file(directory)`,
   * `idb(name)`, or any other of hypercore's shape. Errors: ERR_BAD_ARGUMENT, ERR_BAD_OPTION.
   */
  constructor(storage: FeedStorage, options: FeedStoreOptions = {}) {
    if (typeof storage !== 'function')
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'A feed store takes a storage: (filename) => file.')
    const { maxOpen, idleAfter, core } = { ...feedStoreDefaults, ...options }
    for (const [name, value] of Object.entries({ maxOpen, idleAfter })) {
      if (!(value >= 0))
        throw new Replic8Error('ERR_BAD_OPTION', `The option ${name} takes a number, 0 or more.`)
    }
    this.storage = storage
    this.records = new FeedRecords(storage)
    // The lock of the index keeps others away from all of them.
    this.cores = new OpenCores(storage.pooled?.() ?? storage, this.records, { maxOpen, idleAfter, core })
  }

  /** Resolves when the index is read; no core is opened for that. Every other method waits for it by itself. */
  ready(): Promise<void> {
    if (this.closing) return Promise.reject(new Replic8Error('ERR_CLOSED', 'The feed store was closed.'))
    this.opening ??= this.open().catch((error) => {
      this.opening = null
      throw error
    })
    return this.opening
  }

  /**
   * The feed that is written here under a name; made the first time, the same after a restart. It stays open until the
   * store closes. Errors: ERR_BAD_ARGUMENT.
   */
  async writer(name: string, options: WriterOptions = {}): Promise<StoredFeed> {
    if (typeof name !== 'string' || name === '')
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'A writer has a name, a string.')
    const hex = await this.known(() => this.records.named(name))
    if (hex) {
      if (await this.records.update(hex, options)) this.announce(hex)
      return this.cores.open(hex, { pin: true })
    }
    const making = this.making.get(name) ?? this.make(name, options).finally(() => this.making.delete(name))
    this.making.set(name, making)
    return making
  }

  /** The feeds, in the order in which they came: an array once the store is open, before that a promise of it. */
  feeds(): FeedInfo[] | Promise<FeedInfo[]> {
    return this.records.isOpen && !this.closing
      ? this.records.list()
      : this.ready().then(() => this.records.list())
  }

  /** An open core by its key (32 bytes, or 64 hex digits), which stays open until the store closes; undefined for one that is not here. */
  async get(key: Uint8Array | string): Promise<StoredFeed | undefined> {
    const hex = toHexKey(key)
    const known = await this.known(() => this.records.has(hex))
    return known ? this.cores.open(hex, { pin: true }) : undefined
  }

  /**
   * Closes a feed, forgets it and frees its storage; one that is not here is no error. What a crash leaves of it goes
   * when the store is opened the next time.
   */
  async remove(key: Uint8Array | string): Promise<void> {
    const hex = toHexKey(key)
    await this.ready()
    const removing = this.removing.get(hex) ?? this.erase(hex).finally(() => this.removing.delete(hex))
    this.removing.set(hex, removing)
    return removing
  }

  /** The keys of the feeds of a namespace. */
  async share({ namespace }: ShareQuestion): Promise<Buffer[]> {
    await this.ready()
    return this.records.keysIn(namespace, this.isMountedIn(namespace))
  }

  /** The header that a feed was stored with; a promise of it where the store is not open yet, or a feed is being removed. */
  describe({ key }: Pick<DescribeQuestion, 'key'>) {
    return this.known(() => this.records.header(toHexKey(key)))
  }

  /** Remembers a feed for good, with its header and namespace. */
  async store({ key, header, namespace }: Pick<FeedQuestion, 'key' | 'header' | 'namespace'>): Promise<Core> {
    const hex = toHexKey(key)
    const known = await this.known(() => this.records.has(hex))
    if (!known) await this.records.add(hex, { header: { ...header }, namespace, writable: false })
    return this.coreOf(hex)
  }

  /** A feed that is here, opened or not; never makes one. A promise of it where `describe` gives one. */
  resolve(key: Uint8Array | string): Core | undefined | Promise<Core | undefined> {
    return this.known(() => {
      const hex = toHexKey(key)
      return this.records.has(hex) ? this.coreOf(hex) : undefined
    })
  }

  /** From here on, writers that are made are announced. */
  async mounted(host: StoreHost, namespace: string | null): Promise<void> {
    this.hosts.push({ host, namespace })
    if (namespace !== '*') return
    await this.ready()
    // A store in all namespaces is asked to share for none: the others it tells of by itself.
    for (const [name, keys] of this.records.byNamespace()) if (name !== null) host.announce(name, keys)
  }

  /** A static Noise key pair, made the first time and kept. */
  async keyPair(): Promise<KeyPair> {
    await this.ready()
    this.pair ??= this.findKeyPair().finally(() => {
      this.pair = null
    })
    return this.pair
  }

  /** Closes every core and lets go of the storage; resolves when all is written. */
  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async open() {
    await this.records.open()
    // A removal that a crash cut short; one that fails is tried again the next time.
    await Promise.all(this.records.removed().map((hex) => this.erase(hex).catch(() => {})))
    this.isOpen = true
  }

  /** Asks the records when they are open, and no removal is under way: at once, where that is so. */
  private known<T>(ask: () => T): T | Promise<T> {
    if (!this.isOpen || this.closing || this.removing.size > 0) return this.knownLater(ask)
    try {
      return ask()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  private async knownLater<T>(ask: () => T): Promise<T> {
    await this.ready()
    while (this.removing.size > 0) await Promise.allSettled(this.removing.values())
    return ask()
  }

  private async make(name: string, { header = {}, namespace }: WriterOptions): Promise<StoredFeed> {
    const { publicKey, secretKey } = newKeyPair()
    const hex = publicKey.toString('hex')
    // The core with its secret key comes first: a crash in between leaves an empty core that nobody knows.
    const core = await this.cores.open(hex, { pin: true, secretKey })
    const record = {
      header: { ...header },
      ...(namespace === undefined ? {} : { namespace }),
      name,
      writable: true,
    }
    try {
      await this.records.add(hex, record)
    } catch (error) {
      await this.cores.close(hex)
      await removeCore(this.storage, folderOf(hex)).catch(() => {})
      throw error
    }
    this.announce(hex)
    return core
  }

  private async erase(hex: string): Promise<void> {
    if (!(await this.records.markRemoved(hex))) return
    this.lazy.get(hex)?.release()
    this.lazy.delete(hex)
    await this.cores.close(hex)
    await removeCore(this.storage, folderOf(hex))
    await this.records.forget(hex)
  }

  private coreOf(hex: string): Core {
    if (this.cores.isPinned(hex)) {
      const core = this.cores.current(hex)
      if (core) return core
    }
    const lazy = this.lazy.get(hex) ?? new LazyCore(Buffer.from(hex, 'hex'), this.cores)
    this.lazy.set(hex, lazy)
    return lazy
  }

  private announce(hex: string) {
    for (const { host, namespace: mounted } of this.hosts) {
      const everywhere = mounted === '*'
      const own = this.records.namespaceOf(hex)
      const namespace = own === undefined ? (everywhere ? null : mounted) : own
      if (everywhere || namespace === mounted) host.announce(namespace, Buffer.from(hex, 'hex'))
    }
  }

  private isMountedIn(namespace: string | null): boolean {
    return this.hosts.some(
      (host) => host.namespace === namespace || (host.namespace === '*' && namespace === null),
    )
  }

  private async findKeyPair(): Promise<KeyPair> {
    const kept = this.records.keyPair
    if (kept) return kept
    const made = noiseKeyPair()
    await this.records.keepKeyPair(made)
    return made
  }

  private async shutDown() {
    await this.opening?.catch(() => {})
    await Promise.allSettled([...this.making.values(), ...this.removing.values()])
    for (const lazy of this.lazy.values()) lazy.release()
    this.lazy.clear()
    this.hosts.length = 0
    try {
      await this.cores.closeAll()
    } finally {
      await this.records.close()
    }
  }
}

export type FeedStore = Store

interface FeedStoreConstructor {
  new (storage: FeedStorage, options?: FeedStoreOptions): Store
  (storage: FeedStorage, options?: FeedStoreOptions): Store
}

/** See the class above. */
export const FeedStore = /* @__PURE__ */ new Proxy(Store, {
  apply: (Class, _this, args: ConstructorParameters<typeof Store>) => new Class(...args),
}) as unknown as FeedStoreConstructor
