import type { Core, Feed } from '../session/core.ts'
import type { CoreStore, FeedQuestion, StoreHost } from './core-store.ts'
import { call } from './feed-store-files.ts'
import { containErrors, whenOpen } from './feed-store-foreign.ts'

/** What is used of a multifeed 6; the members with a line in front are how it keeps the feeds of its own peers. */
export interface Multifeed {
  ready(cb: () => void): void
  feeds(): Feed[]
  feed(key: Buffer): Feed | undefined
  close(cb: (error: Error | null) => void): void
  on(event: 'feed', handler: (feed: Feed) => void): unknown
  removeListener(event: 'feed', handler: (feed: Feed) => void): unknown
  /** Gives one at a time the right to add feeds. */
  readonly writerLock: (got: (release: () => void) => void) => void
  readonly _feeds: Record<string, Feed>
  readonly _storage: (folder: string) => (name: string) => unknown
  readonly _hypercore: (storage: (name: string) => unknown, key: Buffer, options: object) => Feed
  readonly _opts: object
  _addFeed(feed: Feed, name: string): void
}

export interface MultifeedOptions {
  /** Close the multifeed with the replicator. Default: false, it belongs to whoever made it. */
  close?: boolean
}

/**
 * A multifeed 6 as a store: offers all its feeds, and adds what peers offer to it, so that `multi.feeds()` has it and
 * finds it again after a restart. A multifeed has no place for headers.
 */
export function fromMultifeed(multi: Multifeed, { close = false }: MultifeedOptions = {}): CoreStore {
  const taken = new Set<string>()
  let unlisten = () => {}

  return {
    name: 'multifeed',
    async share() {
      await ready(multi)
      return multi.feeds()
    },
    async resolve(key: Buffer) {
      await ready(multi)
      return multi.feed(Buffer.from(key))
    },
    async store({ key }: FeedQuestion): Promise<Core> {
      await ready(multi)
      taken.add(key.toString('hex'))
      return exclusively(multi, async () => multi.feed(Buffer.from(key)) ?? addFeed(multi, key))
    },
    mounted(host: StoreHost, namespace: string | null) {
      const onfeed = (feed: Feed) => {
        if (!taken.has(feed.key.toString('hex'))) host.announce(namespace === '*' ? null : namespace, feed)
      }
      multi.on('feed', onfeed)
      const before = unlisten
      unlisten = () => {
        before()
        multi.removeListener('feed', onfeed)
      }
    },
    async close() {
      unlisten()
      unlisten = () => {}
      if (close) await call((cb) => multi.close(cb))
    },
  }
}

function ready(multi: Multifeed): Promise<void> {
  return new Promise((resolve) => multi.ready(resolve))
}

function exclusively<T>(multi: Multifeed, task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    multi.writerLock((release) => {
      task().then(resolve, reject).finally(release)
    })
  })
}

/** As multifeed adds the feeds that its own peers announce: in the folder of the next number, under that name. */
async function addFeed(multi: Multifeed, key: Buffer): Promise<Feed> {
  const name = String(Object.keys(multi._feeds).length)
  const feed = multi._hypercore(multi._storage(name), Buffer.from(key), multi._opts)
  containErrors(feed)
  await whenOpen(feed)
  multi._addFeed(feed, name)
  return feed
}
