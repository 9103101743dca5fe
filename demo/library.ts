import type { CoreStore, FeedQuestion, Header, Hypercore, StoreHost } from '../src/entry/index.ts'
import type { ManagedStorage } from '../src/entry/storage.ts'
import { Catalogue, type Held } from './catalogue.ts'
import { type AnyCore, blocksHere, openCore, promised, whenReady } from './cores.ts'
import { type FeedHeader, readHeader } from './header.ts'
import { type Message, MessageReader } from './messages.ts'

/** A feed that is here, whole or in part. */
export interface Feed extends Held {
  core: AnyCore
  /** Blocks that were here when it was opened. */
  stored: number
  reader: MessageReader | null
}

interface LibraryHooks {
  changed(): void
  /** A feed is longer than it was. */
  grew(feed: Feed): void
  problem(what: string, error: unknown): void
}

/**
 * The feeds that this profile wrote or took, and what it decided about the others; all of it is in IndexedDB. It is the
 * core store of the replicator.
 */
export class Library implements CoreStore {
  readonly name = 'library'
  readonly feeds = new Map<string, Feed>()
  hooks: LibraryHooks = { changed() {}, grew() {}, problem() {} }
  private host: StoreHost | null = null
  private readonly storage: ManagedStorage
  private readonly catalogue: Catalogue
  private mine!: Feed

  private constructor(storage: ManagedStorage, catalogue: Catalogue) {
    this.storage = storage
    this.catalogue = catalogue
  }

  /** Opens what an earlier visit left, or begins: the messages of `name` are there in any case. */
  static async open(storage: ManagedStorage, name: string): Promise<Library> {
    const library = new Library(storage, await Catalogue.open(storage))
    const feeds = [...library.catalogue.held.values()].map((held) => library.add(held))
    await Promise.all(feeds.map(({ core }) => whenReady(core).catch(() => {})))
    library.mine =
      feeds.find(({ own, header }) => own && header.kind === 'messages') ??
      (await library.create({ kind: 'messages', name, length: 0 }))
    return library
  }

  /** The key of the own messages. */
  get key(): Buffer {
    return this.mine.core.key
  }

  get acceptAll(): boolean {
    return this.catalogue.acceptAll
  }

  setAcceptAll(on: boolean) {
    this.keep(this.catalogue.add({ type: 'accept-all', on }))
  }

  isDeclined(key: string): boolean {
    return this.catalogue.declined.has(key)
  }

  decline(key: string) {
    this.keep(this.catalogue.add({ type: 'declined', key }))
  }

  async write(text: string): Promise<void> {
    const message: Message = { text, time: Date.now() }
    await promised<number>((done) => this.mine.core.append(message, done))
  }

  /** A new feed of our own, offered to everybody; `fill` writes it before anybody hears of it. */
  async create(
    header: FeedHeader,
    fill: (core: Hypercore<Uint8Array>) => Promise<void> = async () => {},
  ): Promise<Feed> {
    const folder = crypto.randomUUID()
    const core: AnyCore = openCore(this.storage, folder, null, optionsFor(header))
    core.on('error', () => {})
    await whenReady(core)
    try {
      await fill(core)
    } catch (error) {
      await promised((done) => core.close(done))
      await this.storage.remove(folder)
      throw error
    }
    const held: Held = { key: core.key.toString('hex'), folder, own: true, header }
    await this.catalogue.add({ type: 'held', ...held })
    const feed = this.add(held, core)
    this.host?.announce(null, core)
    return feed
  }

  /** Holds a peer's feed from here on; what it has of it stays for the next visit. */
  take(key: string, header: FeedHeader): Feed {
    const known = this.feeds.get(key)
    if (known) return known
    const held: Held = { key, folder: key, own: false, header }
    this.keep(this.catalogue.add({ type: 'held', ...held }))
    return this.add(held)
  }

  /** What to say about a feed when it is offered: its length is what it is now. */
  headerOf({ header, core }: Feed): FeedHeader & Header {
    return header.kind === 'messages' ? { ...header, length: core.length } : { ...header }
  }

  mounted(host: StoreHost) {
    this.host = host
  }

  share(): AnyCore[] {
    return [...this.feeds.values()].map(({ core }) => core)
  }

  resolve(key: Buffer): AnyCore | undefined {
    return this.feeds.get(key.toString('hex'))?.core
  }

  async describe({ key }: FeedQuestion): Promise<Header | undefined> {
    const feed = this.feeds.get(key.toString('hex'))
    if (feed) await whenReady(feed.core)
    return feed && this.headerOf(feed)
  }

  /** What we wrote is whole here. */
  reject({ key }: FeedQuestion): boolean {
    return this.feeds.get(key.toString('hex'))?.own === true
  }

  /** Takes at once what is wanted by now, so that no offer has to wait for a person. */
  store({ key, header: given }: FeedQuestion): AnyCore | null {
    const hex = key.toString('hex')
    const header = readHeader(given)
    return header && this.acceptAll && !this.isDeclined(hex) ? this.take(hex, header).core : null
  }

  private add(held: Held, opened?: Feed['core']): Feed {
    const core: AnyCore = opened ?? openCore(this.storage, held.folder, held.key, optionsFor(held.header))
    const feed: Feed = { ...held, core, stored: 0, reader: null }
    this.feeds.set(held.key, feed)
    core.on('error', (error: Error) => this.hooks.problem(`“${held.header.name}” cannot be stored.`, error))
    core.ready((error) => {
      if (error) return
      feed.stored = blocksHere(core)
      if (held.header.kind === 'messages') feed.reader = new MessageReader(core, () => this.hooks.changed())
      this.hooks.changed()
    })
    core.on('append', () => this.hooks.grew(feed))
    core.on('download', () => {
      void feed.reader?.read()
      this.hooks.changed()
    })
    return feed
  }

  private keep(kept: Promise<void>) {
    this.hooks.changed()
    kept.catch((error) => this.hooks.problem('Your decision cannot be kept for the next visit.', error))
  }
}

const optionsFor = (header: FeedHeader) => ({
  valueEncoding: header.kind === 'messages' ? ('json' as const) : ('binary' as const),
})
