import { Replic8Error } from '../errors.ts'
import type { Storage } from '../random-access-storage.ts'
import type { KeyPair } from '../session/options.ts'
import type { Header } from '../wire/messages.ts'
import { FeedIndex } from './feed-index.ts'
import type { FeedInfo, WriterOptions } from './feed-store-types.ts'

/** What the index keeps of a feed, by its key in hex. */
export interface FeedRecord {
  readonly header: Header
  /** Missing: wherever the store is mounted. */
  readonly namespace?: string | null
  readonly name?: string
  readonly writable: boolean
  /** Its files are being removed. */
  readonly removing?: true
  /** Blocks, all of them here, when it was closed the last time; counts only where the store was closed in order. */
  readonly length?: number
}

interface StoredKeyPair {
  readonly publicKey: string
  readonly secretKey: string
}

type Entry = FeedRecord | StoredKeyPair

const keyPairId = 'key pair'

/** What a FeedStore remembers of its feeds. Changes resolve when they are stored. */
export class FeedRecords {
  isOpen = false
  private readonly storage: Storage
  private opened: FeedIndex<Entry> | undefined
  private readonly names = new Map<string, string>()
  /** Of feeds that are not open. */
  private readonly lengths = new Map<string, number>()
  /** Feeds of which the index has another length, or one that does not count. */
  private readonly measured = new Set<string>()

  constructor(storage: Storage) {
    this.storage = storage
  }

  /** After an error it can be tried again. */
  async open(): Promise<void> {
    const index = new FeedIndex<Entry>(this.storage, 'index')
    await index.open()
    this.opened = index
    for (const [hex, { name, length }] of this.present()) {
      if (name !== undefined) this.names.set(name, hex)
      if (length === undefined) continue
      if (index.wasClosed) this.lengths.set(hex, length)
      else this.measured.add(hex)
    }
    this.isOpen = true
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      const kept = await Promise.allSettled([...this.measured].map((hex) => this.keepLength(hex)))
      await this.index.close(kept.every(({ status }) => status === 'fulfilled'))
    }
    this.isOpen = false
  }

  /** Blocks of a feed that is not open, all of them here; undefined where that is not known. */
  lengthOf(hex: string): number | undefined {
    return this.lengths.get(hex)
  }

  /** Is kept when the store is closed in order. undefined: it is not known from here on. */
  setLength(hex: string, length: number | undefined) {
    if (length === undefined) this.lengths.delete(hex)
    else this.lengths.set(hex, length)
    this.measured.add(hex)
  }

  has(hex: string): boolean {
    return this.get(hex) !== undefined
  }

  /** The feed of a writer. */
  named(name: string): string | undefined {
    return this.names.get(name)
  }

  header(hex: string): Header | undefined {
    const record = this.get(hex)
    return record && copyOf(record.header)
  }

  namespaceOf(hex: string): string | null | undefined {
    return this.get(hex)?.namespace
  }

  list(): FeedInfo[] {
    return [...this.present()].map(([hex, { header, namespace = null, name, writable }]) => ({
      key: Buffer.from(hex, 'hex'),
      ...(name === undefined ? {} : { name }),
      header: copyOf(header),
      namespace,
      writable,
    }))
  }

  /** @param free those without a stated namespace as well */
  keysIn(namespace: string | null, free: boolean): Buffer[] {
    const isIn = (own: string | null | undefined) =>
      own === undefined ? free || namespace === null : own === namespace
    return [...this.present()]
      .filter(([, record]) => isIn(record.namespace))
      .map(([hex]) => Buffer.from(hex, 'hex'))
  }

  byNamespace(): Map<string | null, Buffer[]> {
    const all = new Map<string | null, Buffer[]>()
    for (const [hex, { namespace = null }] of this.present()) {
      const keys = all.get(namespace) ?? []
      keys.push(Buffer.from(hex, 'hex'))
      all.set(namespace, keys)
    }
    return all
  }

  /** Those whose removal is not over. */
  removed(): string[] {
    return [...this.feeds()].filter(([, { removing }]) => removing).map(([hex]) => hex)
  }

  async add(hex: string, record: FeedRecord): Promise<void> {
    await this.index.set(hex, plain(record))
    if (record.name !== undefined) this.names.set(record.name, hex)
  }

  /** Changes what is given and differs; true when the namespace did. */
  async update(hex: string, { header, namespace }: WriterOptions): Promise<boolean> {
    const before = this.get(hex)
    if (!before) return false
    const after = plain({
      ...before,
      ...(header && { header }),
      ...(namespace === undefined ? {} : { namespace }),
    })
    if (JSON.stringify(after) !== JSON.stringify(before)) await this.index.set(hex, after)
    return after.namespace !== before.namespace
  }

  /** Hides a feed whose files are to be removed; false when there is none. */
  async markRemoved(hex: string): Promise<boolean> {
    const entry = this.index.get(hex)
    if (!entry || !('header' in entry)) return false
    if (!entry.removing) await this.index.set(hex, { ...entry, removing: true })
    if (entry.name !== undefined && this.names.get(entry.name) === hex) this.names.delete(entry.name)
    return true
  }

  forget(hex: string): Promise<void> {
    return this.index.delete(hex)
  }

  get keyPair(): KeyPair | undefined {
    const kept = this.index.get(keyPairId)
    if (!kept || !('publicKey' in kept)) return undefined
    return { publicKey: Buffer.from(kept.publicKey, 'hex'), secretKey: Buffer.from(kept.secretKey, 'hex') }
  }

  async keepKeyPair({ publicKey, secretKey }: KeyPair): Promise<void> {
    await this.index.set(keyPairId, { publicKey: toHex(publicKey), secretKey: toHex(secretKey) })
  }

  private async keepLength(hex: string): Promise<void> {
    const before = this.get(hex)
    const length = this.lengths.get(hex)
    if (!before || before.length === length) return
    const { length: _, ...others } = before
    await this.index.set(hex, length === undefined ? others : { ...others, length })
  }

  private get index(): FeedIndex<Entry> {
    if (!this.opened) throw new Replic8Error('ERR_CLOSED', 'The feed store is not open.')
    return this.opened
  }

  private get(hex: string): FeedRecord | undefined {
    const entry = this.index.get(hex)
    return entry && 'header' in entry && !entry.removing ? entry : undefined
  }

  private *feeds(): Iterable<[string, FeedRecord]> {
    for (const [id, entry] of this.index.entries()) if ('header' in entry) yield [id, entry]
  }

  private *present(): Iterable<[string, FeedRecord]> {
    for (const [id, entry] of this.index.entries())
      if ('header' in entry && !entry.removing) yield [id, entry]
  }
}

/** Of JSON. structuredClone takes several times as long for what headers are. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf) as T
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copyOf(field)])) as T
}

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** What JSON keeps of a record. Errors: ERR_BAD_ARGUMENT for what it cannot. */
function plain(record: FeedRecord): FeedRecord {
  try {
    return JSON.parse(JSON.stringify(record))
  } catch (error) {
    throw new Replic8Error('ERR_BAD_ARGUMENT', 'A header is a plain JSON object.', { cause: error })
  }
}
