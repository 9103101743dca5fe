import multifeed from 'multifeed'
import { expect, test } from 'vitest'
import { call } from '../../src/replicator/feed-store-files.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { fromMultifeed } from '../../src/replicator/from-multifeed.ts'
import { memory } from '../../src/storage/memory.ts'
import { storeCompliance } from '../compliance/store.ts'
import { contentOf, feedOf } from './feeds.ts'
import { hexes, question } from './questions.ts'

type Multi = ReturnType<typeof multifeed>

const ready = (multi: Multi) => new Promise<void>((resolve) => multi.ready(() => resolve()))
const writer = (multi: Multi, name: string) => call<StoredFeed>((cb) => multi.writer(name, cb))

storeCompliance({
  name: 'a multifeed 6',
  remembers: 'shared',
  async create() {
    const storage = memory()
    return {
      async open() {
        const multi = multifeed(storage)
        let made = 0
        const store = fromMultifeed(multi)
        return {
          store,
          make: async () => (await writer(multi, `writer ${made++}`)).key,
          read: async (key) => contentOf(multi.feed(key)),
          async close() {
            await store.close?.()
            await ready(multi)
            if (!multi.closed) await call((cb) => multi.close(cb))
          },
        }
      },
      teardown: async () => {},
    }
  },
  async foreign() {
    const content = ['one', 'two', 'three']
    return { core: await feedOf(...content), content }
  },
})

test('writers made while feeds are taken get folders of their own', async () => {
  const storage = memory()
  const multi = multifeed(storage)
  const store = fromMultifeed(multi)
  const foreign = await Promise.all([feedOf(), feedOf(), feedOf()])
  const [own] = await Promise.all([
    writer(multi, 'me'),
    ...foreign.map(({ key }) => store.store?.(question(key))),
  ])
  const keys = hexes(own.key, ...foreign.map(({ key }) => key))
  expect(hexes(...multi.feeds().map(({ key }: StoredFeed) => key))).toEqual(keys)
  await call((cb) => multi.close(cb))

  const again = multifeed(storage)
  await ready(again)
  expect(hexes(...again.feeds().map(({ key }: StoredFeed) => key))).toEqual(keys)
  expect((await writer(again, 'me')).key).toEqual(own.key)
  await call((cb) => again.close(cb))
})

test('the multifeed closes with the store where it is told to', async () => {
  const multi = multifeed(memory())
  await ready(multi)
  await fromMultifeed(multi).close?.()
  expect(multi.closed).toBe(false)
  await fromMultifeed(multi, { close: true }).close?.()
  expect(multi.closed).toBe(true)
})
