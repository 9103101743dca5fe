import hypercore from 'hypercore'
import type { CoreStore, FeedQuestion } from '../../../src/replicator/core-store.ts'
import { Replicator } from '../../../src/replicator/replicator.ts'
import type { Mounted } from '../../../src/replicator/stack.ts'
import { noiseKeyPair } from '../../../src/session/engine.ts'
import type { Session } from '../../../src/session/session.ts'
import { memory } from '../../../src/storage/memory.ts'
import { append, ready, type TestCore } from '../../helpers/cores.ts'
import type { Feed } from './feed.ts'

const encryptionKey = Buffer.alloc(32, 7)

export interface MemberHooks {
  /** Offered to this member. */
  onoffer(session: Session, hex: string): void
  /** How long a feed is, as far as a peer has told. */
  ontold(session: Session, hex: string, length: number): void
  /** From here on it passes a feed on. */
  onforward(hex: string): void
}

/** A replicator with its storage, which is started again as often as one likes: only the storage stays. */
export class Member {
  readonly id: number
  /** Feeds that it does not take, ever. */
  readonly declined = new Set<string>()
  /** Its own feeds that it shares. */
  readonly shared = new Map<string, Mounted>()
  /** Feeds of others that it has taken, in any life. */
  readonly taken = new Set<string>()
  /** Those of them that it offers to whoever connects, in this life. */
  readonly forwards = new Set<string>()
  readonly problems: string[] = []
  replicator!: Replicator
  /** How often it has been stopped. */
  stops = 0
  /** The last life whose replicator is closed. */
  private closed = -1
  private readonly feeds: Map<string, Feed>
  private readonly hooks: MemberHooks
  /** Milliseconds that its stores take to answer. */
  private readonly slowness: number
  private readonly storage = memory()
  private readonly keyPair = noiseKeyPair()
  private cores = new Map<string, TestCore>()

  constructor(id: number, feeds: Map<string, Feed>, slowness: number, hooks: MemberHooks) {
    this.id = id
    this.feeds = feeds
    this.hooks = hooks
    this.slowness = slowness
    this.start()
  }

  /** Offers this feed to whoever connects. */
  offers(feed: Feed): boolean {
    return feed.origin === this.id ? this.shared.has(feed.hex) : this.forwards.has(feed.hex)
  }

  /** Takes this feed when it is offered. */
  accepts(feed: Feed): boolean {
    return feed.origin === this.id ? this.shared.has(feed.hex) : !this.declined.has(feed.hex)
  }

  /** The first blocks of a feed are here without a gap: so many. */
  lengthOf(feed: Feed): number {
    const core = this.cores.get(feed.hex)
    let length = 0
    while (core && length < core.length && core.has(length)) length++
    return length
  }

  core(feed: Feed): TestCore | undefined {
    return this.cores.get(feed.hex)
  }

  /** Writes to a feed of its own. */
  async write(feed: Feed, blocks: number) {
    const core = this.open(feed)
    await ready(core)
    const { length } = core
    await append(
      core,
      Array.from({ length: blocks }, (_, i) => `${feed.id}/${length + i}`),
    )
  }

  async share(feed: Feed) {
    const core = this.open(feed)
    await ready(core)
    this.mount(feed, core)
  }

  unshare(feed: Feed) {
    this.shared.get(feed.hex)?.unmount()
    this.shared.delete(feed.hex)
  }

  /** Goes, and comes back with what its storage kept. */
  async restart() {
    this.stops++
    await this.replicator.close()
    this.closed = this.stops - 1
    await Promise.all([...this.cores.values()].map(close))
    this.cores = new Map()
    const own = [...this.shared.keys()].map((hex) => this.feeds.get(hex) as Feed)
    const all = [...own, ...[...this.taken].map((hex) => this.feeds.get(hex) as Feed)]
    await Promise.all(all.map((feed) => ready(this.open(feed))))
    this.start()
    for (const feed of own) this.mount(feed, this.open(feed))
  }

  async stop() {
    await this.replicator.close()
    await Promise.all([...this.cores.values()].map(close))
  }

  private start() {
    this.replicator = new Replicator(encryptionKey, { keyPair: this.keyPair })
    this.forwards.clear()
    for (const hex of this.taken) this.forwards.add(hex)
    const { replicator, hooks } = this
    for (const namespace of [null, 'a']) replicator.use(namespace, this.keeper(namespace))
    replicator.on('advertise', ({ keys }, _accept, session) => {
      for (const key of keys) hooks.onoffer(session, key.toString('hex'))
    })
    replicator.on('progress', ({ key, want }, session) => hooks.ontold(session, key.toString('hex'), want))
    replicator.on('core', (_core, { key }) => {
      this.forwards.add(key.toString('hex'))
      hooks.onforward(key.toString('hex'))
    })
    replicator.on('problem', ({ code, message }) => this.problems.push(`${code} ${message}`))
  }

  /** Takes what others offer in a namespace, and offers it again in the next life. */
  private keeper(namespace: string | null): CoreStore {
    const life = this.stops
    // A store that was closed has let go of its files.
    const isClosed = (method: string) => {
      if (life <= this.closed) this.problems.push(`${method} was asked of a closed store`)
      return life <= this.closed
    }
    const here = [...this.taken].filter((hex) => this.feeds.get(hex)?.namespace === namespace)
    return {
      name: 'keeper',
      share: () => this.slowly(here.map((hex) => this.open(this.feeds.get(hex) as Feed))),
      reject: ({ key }: FeedQuestion) => this.slowly(this.declined.has(key.toString('hex'))),
      resolve: (key: Buffer) =>
        this.slowly(this.taken.has(key.toString('hex')) ? this.cores.get(key.toString('hex')) : null),
      store: ({ key }: FeedQuestion) => {
        if (isClosed('store')) return null
        const feed = this.feeds.get(key.toString('hex')) as Feed
        if (feed.origin === this.id) return null
        this.taken.add(feed.hex)
        return this.slowly(this.open(feed))
      },
    }
  }

  private mount(feed: Feed, core: TestCore) {
    const own = {
      name: 'own',
      share: () => [core],
      resolve: (key: Buffer) => (key.equals(core.key) ? core : null),
    }
    this.shared.set(feed.hex, this.replicator.use(feed.namespace, own))
  }

  private slowly<T>(answer: T): T | Promise<T> {
    if (this.slowness === 0) return answer
    return new Promise((resolve) => setTimeout(() => resolve(answer), this.slowness))
  }

  private open({ hex, keys, origin }: Feed): TestCore {
    const secretKey = origin === this.id ? { secretKey: keys.secretKey } : {}
    const core =
      this.cores.get(hex) ??
      hypercore((name: string) => this.storage(`${hex}/${name}`), keys.publicKey, secretKey)
    this.cores.set(hex, core)
    return core
  }
}

function close(core: TestCore): Promise<void> {
  return new Promise((resolve, reject) =>
    core.close((error: Error | null) => (error ? reject(error) : resolve())),
  )
}
