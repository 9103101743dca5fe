import { expect, test } from 'vitest'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memory } from '../../src/storage/memory.ts'
import { memoryHub, memoryPair, memoryTransport } from '../../src/transports/memory.ts'
import { append, contentOf } from './feeds.ts'

const key = Buffer.alloc(32, 7)

test('feeds of one store arrive in another, live and after a restart, with their headers', async () => {
  const storages = [memory(), memory()] as const
  const [a, b] = storages.map((storage) => new FeedStore(storage, { maxOpen: 2 })) as [FeedStore, FeedStore]
  const early = await a.writer('early', { header: { title: 'Early' } })
  await append(early, 'one', 'two')
  const [here, there] = [new Replicator(key), new Replicator(key)]
  here.use(a)
  there.use(b)
  const problems: string[] = []
  for (const one of [here, there]) one.on('problem', (error) => problems.push(error.message))
  const taken = (wanted: StoredFeed) =>
    new Promise<void>((resolve) =>
      there.on('sync', (synced) => wanted.key.equals(synced) && wanted.length === 2 && resolve()),
    )
  const first = taken(early)
  const hub = memoryHub()
  for (const one of [here, there]) one.join(memoryTransport(hub))
  await first
  const late = await a.writer('late')
  const second = taken(late)
  await append(late, 'three', 'four')
  await second
  expect(await b.feeds()).toMatchObject([
    { header: { title: 'Early' }, writable: false },
    { writable: false },
  ])
  await Promise.all([here.close(), there.close()])
  expect(problems).toEqual([])

  const again = new FeedStore(storages[1])
  expect(await contentOf((await again.get(early.key)) as StoredFeed)).toEqual(['one', 'two'])
  expect(await contentOf((await again.get(late.key)) as StoredFeed)).toEqual(['three', 'four'])
  await again.close()
})

test('a feed that a store took and gives to many peers is no leak of listeners', async () => {
  const warnings: Error[] = []
  const onwarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onwarning)
  const origin = new Replicator(key)
  const store = new FeedStore(memory())
  await append(await store.writer('popular'), 'one')
  origin.use(store)
  const giver = new Replicator(key)
  giver.use(new FeedStore(memory()))
  origin.connect(pairTo(giver))
  await origin.synced()
  const takers = Array.from({ length: 12 }, () => new Replicator(key, { forward: false }))
  for (const taker of takers) {
    taker.use(new FeedStore(memory()))
    taker.connect(pairTo(giver))
  }
  await Promise.all(takers.map((taker) => taker.synced()))
  expect(giver.sessions.length).toBe(13)
  await Promise.all([origin, giver, ...takers].map((one) => one.close()))
  process.off('warning', onwarning)
  expect(warnings).toEqual([])
})

/** A connection to a replicator, the near end. */
function pairTo(replicator: Replicator) {
  const [near, far] = memoryPair()
  replicator.connect(far)
  return near
}
