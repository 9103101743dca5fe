import { FeedStore } from '../../src/replicator/feed-store.ts'
import type { FeedStorage } from '../../src/replicator/feed-store-files.ts'
import type { StoreKind } from '../compliance/store.ts'
import { contentOf, feedOf } from './feeds.ts'

/** A FeedStore over a storage, for the compliance suite. */
export function feedStoreKind(
  name: string,
  create: () => Promise<{ storage(): FeedStorage; teardown(): Promise<void> }>,
): StoreKind {
  return {
    name: `FeedStore over ${name}`,
    remembers: 'shared',
    async create() {
      const { storage, teardown } = await create()
      return {
        async open() {
          const store = new FeedStore(storage())
          let writers = 0
          return {
            store,
            make: async () => (await store.writer(`writer ${writers++}`)).key,
            read: async (key) => contentOf((await store.get(key)) as never),
            close: () => store.close(),
          }
        },
        teardown,
      }
    },
    async foreign() {
      const content = ['one', 'two', 'three']
      return { core: await feedOf(...content), content }
    },
  }
}
