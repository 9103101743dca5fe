import { readFileSync } from 'node:fs'
import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import type { Storage } from '../../src/random-access-storage.ts'
import { type CoreStore, storeMethods } from '../../src/replicator/core-store.ts'
import { feedStoreDefaults } from '../../src/replicator/feed-store-types.ts'
import { memory } from '../../src/storage/memory.ts'
import { storeCompliance } from '../compliance/store.ts'
import { contentOf, feedOf } from './feeds.ts'

const page = readFileSync('docs/STORES.md', 'utf8')
const [, example = ''] = /## Your own[\s\S]*?```js\n([\s\S]*?)```/.exec(page) ?? []

type MapStore = CoreStore & { add(core: unknown): void }
const mapStore = new Function('hypercore', `${example}; return mapStore`)(hypercore) as (
  storage: Storage,
) => MapStore

storeCompliance({
  name: 'the example of docs/STORES.md',
  remembers: 'nothing',
  async create() {
    const storage = memory()
    return {
      async open() {
        const store = mapStore(storage)
        return {
          store,
          async make() {
            const feed = await feedOf()
            store.add(feed)
            return feed.key
          },
          read: async (key) => contentOf((await store.resolve?.(key)) as never),
          close: async () => store.close?.(),
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

test('docs/STORES.md names every method of a store, and the defaults', () => {
  const named = [...page.matchAll(/^\| `(\w+)\([^`]*\)` \| [a-z]/gm)].map(([, name]) => name)
  expect(named.slice(0, storeMethods.length)).toEqual([...storeMethods])
  expect(page).toContain(`| \`maxOpen\` | cores | ${feedStoreDefaults.maxOpen} |`)
  expect(page).toContain(`| \`idleAfter\` | ms | ${feedStoreDefaults.idleAfter.toLocaleString('en')} |`)
})
