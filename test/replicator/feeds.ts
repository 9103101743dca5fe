import hypercore from 'hypercore'
import { call } from '../../src/replicator/feed-store-files.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { memory } from '../../src/storage/memory.ts'

/** A writable hypercore in memory. */
export async function feedOf(...content: string[]): Promise<StoredFeed> {
  const feed: StoredFeed = hypercore(memory)
  await call((cb) => feed.ready(cb))
  if (content.length > 0) await append(feed, ...content)
  return feed
}

export function append(feed: StoredFeed, ...content: string[]): Promise<number> {
  return call<number>((cb) => feed.append(content, cb))
}

/** All blocks that are here, as text. */
export function contentOf(feed: StoredFeed): Promise<string[]> {
  const one = (index: number) => call<Buffer>((cb) => feed.get(index, { wait: false }, cb))
  return Promise.all(Array.from({ length: feed.length }, async (_, i) => (await one(i)).toString()))
}
