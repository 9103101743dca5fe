import hypercore from 'hypercore'
import { expect, inject, onTestFinished, test } from 'vitest'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { idb } from '../../src/storage/idb.ts'
import { memory } from '../../src/storage/memory.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { contentOf } from '../replicator/feeds.ts'

const shared = inject('sharingBridge')
const length = shared.blocks.length

/** A page that dials the bridge. */
function page() {
  const replicator = new Replicator(shared.encryptionKey)
  onTestFinished(() => replicator.close())
  return { replicator, dial: () => replicator.join(websocket(shared.url)) }
}

const synced = { feeds: [{ key: Buffer.from(shared.feed, 'hex'), direction: 'in', length }] }

test('a core that a bridge shares on its session is in the store of a page, with all its blocks', async () => {
  const { replicator, dial } = page()
  const store = new FeedStore(idb(`shared-by-a-bridge-${Math.random()}`))
  replicator.use(store)
  dial()
  expect(await replicator.synced()).toMatchObject(synced)
  expect(await contentOf((await store.get(shared.feed)) as StoredFeed)).toEqual(shared.blocks)
})

test('so is it with an application that has no store', async () => {
  const { replicator, dial } = page()
  const copies: StoredFeed[] = []
  replicator.on('advertise', (offer, accept) => {
    copies.push(...offer.keys.map((key) => hypercore(memory, key)))
    accept(null, copies)
  })
  dial()
  expect(await replicator.synced()).toMatchObject(synced)
  expect(replicator.why(shared.feed)).toMatchObject({ code: 'synced', have: length, want: length })
  expect(await contentOf(copies[0] as StoredFeed)).toEqual(shared.blocks)
})
