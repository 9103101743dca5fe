import type { Hypercore } from '../src/entry/index.ts'
import type { ManagedStorage } from '../src/entry/storage.ts'
import { openCore, promised, whenReady } from './cores.ts'
import type { FeedHeader } from './header.ts'

/** A feed that this profile holds. */
export interface Held {
  /** 64 hex digits. */
  key: string
  /** Where in the storage. */
  folder: string
  /** Written here; otherwise taken from a peer. */
  own: boolean
  header: FeedHeader
}

type Entry =
  | ({ type: 'held' } & Held)
  | { type: 'declined'; key: string }
  | { type: 'accept-all'; on: boolean }

const folder = 'catalogue'

/** What a profile remembers from one visit to the next: a feed as well, which is offered to nobody. */
export class Catalogue {
  readonly held = new Map<string, Held>()
  /** Keys of offers that the person does not want. */
  readonly declined = new Set<string>()
  acceptAll = false
  private readonly core: Hypercore<Entry>

  private constructor(core: Hypercore<Entry>) {
    this.core = core
  }

  static async open(storage: ManagedStorage): Promise<Catalogue> {
    const catalogue = new Catalogue(openCore<Entry>(storage, folder, null, { valueEncoding: 'json' }))
    const { core } = catalogue
    await whenReady(core)
    const entries =
      core.length > 0 ? await promised<Entry[]>((done) => core.getBatch(0, core.length, done)) : []
    for (const entry of entries) catalogue.apply(entry)
    await catalogue.sweep(storage)
    return catalogue
  }

  /** Resolves when the entry is kept. */
  async add(entry: Entry): Promise<void> {
    this.apply(entry)
    await promised<number>((done) => this.core.append(entry, done))
  }

  private apply(entry: Entry) {
    switch (entry.type) {
      case 'held':
        this.held.set(entry.key, entry)
        this.declined.delete(entry.key)
        break
      case 'declined':
        this.declined.add(entry.key)
        break
      case 'accept-all':
        this.acceptAll = entry.on
    }
  }

  /** A file whose tab was closed while it was being added is in no entry: its blocks go. */
  private async sweep(storage: ManagedStorage): Promise<void> {
    const known = new Set([folder, ...[...this.held.values()].map((held) => held.folder)])
    const folders = new Set((await storage.list()).map((path) => path.split('/')[0] as string))
    for (const left of folders) if (!known.has(left)) await storage.remove(left)
  }
}
