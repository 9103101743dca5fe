import Corestore from 'corestore'
import hyperdrive from 'hyperdrive'
import { expect, test } from 'vitest'
import { call } from '../../src/replicator/feed-store-files.ts'
import { whenOpen } from '../../src/replicator/feed-store-foreign.ts'
import { fromCorestore } from '../../src/replicator/from-corestore.ts'
import { type Core, keyHex } from '../../src/session/core.ts'
import { memory } from '../../src/storage/memory.ts'
import { storeCompliance } from '../compliance/store.ts'
import { append, contentOf, feedOf } from './feeds.ts'
import { announcements, hexes, keysOf, question, somePeer } from './questions.ts'

async function corestoreOn(storage: unknown) {
  const corestore = new Corestore(storage)
  await corestore.ready()
  return corestore
}

const close = (corestore: { close(cb: (error: Error | null) => void): void }) =>
  call((cb) => corestore.close(cb))

storeCompliance({
  name: 'a corestore 5',
  remembers: 'found',
  async create() {
    const storage = memory()
    return {
      async open() {
        const corestore = await corestoreOn(storage)
        const store = fromCorestore(corestore, { close: true })
        let made = 0
        return {
          store,
          async make() {
            const core = corestore.get({ name: `core ${made++}` })
            await whenOpen(core)
            return core.key
          },
          read: async (key) => contentOf(corestore.get({ key })),
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

test('a core that is private is neither offered, nor found by its key, nor announced', async () => {
  const corestore = await corestoreOn(memory())
  const hidden = corestore.get({ name: 'hidden' })
  await whenOpen(hidden)
  const store = fromCorestore(corestore, { share: (core) => keyHex(core) !== keyHex(hidden) })
  const host = announcements()
  await store.mounted?.(host, null)
  const open = corestore.get({ name: 'open' })
  await whenOpen(open)
  await host.next()
  expect(host.heard).toEqual([`null ${keyHex(open)}`])
  expect(await keysOf(store.share?.({ namespace: null, peer: somePeer() }))).toEqual(hexes(open.key))
  expect(await store.resolve?.(hidden.key)).toBeUndefined()
  await close(corestore)
})

test('the cores of a drive on the corestore are not offered, also after one was found by its key', async () => {
  const corestore = await corestoreOn(memory())
  const drive = hyperdrive(corestore.namespace('drive'))
  await whenOpen(drive)
  await new Promise<void>((resolve, reject) =>
    drive.writeFile('/file', 'text', (error: Error | null) => (error ? reject(error) : resolve())),
  )
  const store = fromCorestore(corestore)
  const shared = () => keysOf(store.share?.({ namespace: null, peer: somePeer() }))
  expect(await shared()).toEqual([])
  expect(keyHex((await store.resolve?.(drive.key)) as Core)).toBe(keyHex(drive))
  expect(await shared()).toEqual([])
  await close(corestore)
})

test('the corestore stays open when the store closes: it belongs to whoever made it', async () => {
  const corestore = await corestoreOn(memory())
  const store = fromCorestore(corestore)
  const foreign = await feedOf()
  await store.store?.(question(foreign.key))
  await store.close?.()
  const core = corestore.get({ name: 'later' })
  await append(core, 'text')
  expect(await contentOf(core)).toEqual(['text'])
  await close(corestore)
})
