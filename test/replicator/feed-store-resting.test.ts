import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import hypercore from 'hypercore'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Storage } from '../../src/random-access-storage.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { call } from '../../src/replicator/feed-store-files.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import type { LazyCore } from '../../src/replicator/lazy-core.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import type { Accept, Offer } from '../../src/session/accept.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { file } from '../../src/storage/file.ts'
import { memory } from '../../src/storage/memory.ts'
import { append, contentOf } from './feeds.ts'

const key = Buffer.alloc(32, 7)
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replic8-resting-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Makes a store of so many feeds of two blocks, closed in order; gives their keys. */
async function storeOf(storage: Storage, count: number): Promise<Buffer[]> {
  const store = new FeedStore(storage)
  const writers = await Promise.all(Array.from({ length: count }, (_, i) => store.writer(`${i}`)))
  await Promise.all(writers.map((writer, i) => append(writer, `${i}`, 'two')))
  await store.close()
  return writers.map((writer) => writer.key)
}

/** A storage that notes of which feeds a file was asked for. */
function noting(storage: Storage): { storage: Storage; opened: Set<string> } {
  const opened = new Set<string>()
  return {
    opened,
    storage: (name) => {
      const [folder, hex] = name.split('/')
      if (folder === 'feeds') opened.add(hex as string)
      return storage(name)
    },
  }
}

/** Shares a store with a peer, and gives what the peer is offered. */
async function offered(store: FeedStore) {
  const replicator = new Replicator(key)
  replicator.use(store)
  const far = replic8(key, { live: true })
  const offering = new Promise<[Offer, Accept]>((resolve) =>
    far.once('advertise', (offer, accept) => resolve([offer, accept])),
  )
  replicator.connect(far.stream)
  const [offer, accept] = await offering
  /** Takes feeds of the offer; gives them when they are caught up. */
  const take = async (...keys: Buffer[]): Promise<StoredFeed[]> => {
    const cores: StoredFeed[] = keys.map((one) => hypercore(memory, one))
    accept(null, cores)
    await far.synced()
    return cores
  }
  return { replicator, far, offer, accept, take }
}

const resting = async (store: FeedStore, feed: Buffer) => ((await store.resolve(feed)) as LazyCore).restLength

test('feeds are offered without opening them, and those that are taken arrive whole', async () => {
  const disk = memory()
  const keys = await storeOf(disk, 6)
  const { storage, opened } = noting(disk)
  const { offer, take, replicator } = await offered(new FeedStore(storage))
  expect(offer.keys).toEqual(keys)
  expect(opened.size).toBe(0)
  const [core] = await take(keys[4] as Buffer)
  expect(await contentOf(core as StoredFeed)).toEqual(['4', 'two'])
  expect([...opened]).toEqual([keys[4]?.toString('hex')])
  await replicator.close()
})

test('what is appended to a feed that was offered before it was open counts at both ends', async () => {
  const disk = memory()
  const [only] = (await storeOf(disk, 1)) as [Buffer]
  const store = new FeedStore(disk)
  const { take, replicator } = await offered(store)
  await append((await store.get(only)) as StoredFeed, 'three')
  const ours = replicator.synced()
  const [core] = await take(only)
  expect((await ours).feeds).toMatchObject([{ length: 3 }])
  expect(await contentOf(core as StoredFeed)).toEqual(['0', 'two', 'three'])
  await replicator.close()
})

test('after a crash no remembered length counts', async () => {
  const [here, copy] = [join(directory, 'here'), join(directory, 'copy')]
  const [only] = (await storeOf(file(here), 1)) as [Buffer]
  const store = new FeedStore(file(here))
  expect(await resting(store, only)).toBe(2)
  await append((await store.get(only)) as StoredFeed, 'three')
  // As a process leaves it that ends here.
  await cp(here, copy, { recursive: true })
  await store.close()

  const crashed = new FeedStore(file(copy))
  expect(await resting(crashed, only)).toBeUndefined()
  const { far, take, replicator } = await offered(crashed)
  await take(only)
  expect((await far.synced()).feeds).toMatchObject([{ length: 3 }])
  await replicator.close()
  for (const folder of [here, copy]) {
    const again = new FeedStore(file(folder))
    expect(await resting(again, only)).toBe(3)
    await again.close()
  }
})

test('after a crash the first feeds are offered while others have still to be opened', async () => {
  const [here, copy] = [join(directory, 'here'), join(directory, 'copy')]
  const count = 300
  await storeOf(file(here), count)
  const store = new FeedStore(file(here))
  const keys = (await store.feeds()).map((feed) => feed.key)
  for (const feed of keys) await store.get(feed)
  // As a process leaves it that ends here.
  await cp(here, copy, { recursive: true })
  await store.close()

  const { storage, opened } = noting(file(copy))
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const last = (keys.at(-1) as Buffer).toString('hex')
  const slow: Storage = (name) => {
    const file = storage(name)
    if (!name.includes(last)) return file
    const read = file.read.bind(file)
    file.read = (offset, size, cb) => void released.then(() => read(offset, size, cb))
    return file
  }
  const replicator = new Replicator(key)
  replicator.use(new FeedStore(slow))
  const far = replic8(key, { live: true })
  const offeredKeys: Buffer[] = []
  let openedFirst = 0
  const all = new Promise<void>((resolve) =>
    far.on('advertise', (offer, accept) => {
      if (offeredKeys.length === 0) {
        openedFirst = opened.size
        release()
      }
      accept(null, [])
      if (offeredKeys.push(...offer.keys) === count) resolve()
    }),
  )
  replicator.connect(far.stream)
  await all
  expect(openedFirst).toBeLessThan(count)
  expect(offeredKeys).toEqual(keys)
  await replicator.close()
})

test('a length that does not count after a crash never counts again by itself', async () => {
  const copy = join(directory, 'copy')
  const here = join(directory, 'here')
  const [only] = (await storeOf(file(here), 1)) as [Buffer]
  const store = new FeedStore(file(here))
  await append((await store.get(only)) as StoredFeed, 'three')
  await cp(here, copy, { recursive: true })
  await store.close()

  const untouched = new FeedStore(file(copy))
  await untouched.ready()
  await untouched.close()
  const again = new FeedStore(file(copy))
  expect(await resting(again, only)).toBeUndefined()
  await again.close()
})

test('a feed with a gap has no remembered length', async () => {
  const disk = memory()
  const [only] = (await storeOf(disk, 1)) as [Buffer]
  const store = new FeedStore(disk)
  const feed = (await store.get(only)) as StoredFeed & {
    clear(index: number, cb: (error: Error | null) => void): void
  }
  await call((cb) => feed.clear(0, cb))
  await store.close()
  const again = new FeedStore(disk)
  expect(await resting(again, only)).toBeUndefined()
  await again.close()
})

test('a feed whose storage lacks what it has in memory has no remembered length', async () => {
  const disk = memory()
  const [only] = (await storeOf(disk, 1)) as [Buffer]
  let isFull = false
  const full = new Error('There is no room.')
  const storage: Storage = (name) => {
    const made = disk(name)
    const write = made.write.bind(made)
    if (name.startsWith('feeds/') && name.endsWith('/bitfield'))
      made.write = (offset, data, cb) => (isFull ? cb?.(full) : write(offset, data, cb))
    return made
  }
  const store = new FeedStore(storage)
  const feed = (await store.get(only)) as StoredFeed
  isFull = true
  await expect(append(feed, 'three')).rejects.toThrow(full.message)
  await store.close()
  const again = new FeedStore(disk)
  expect(await resting(again, only)).toBeUndefined()
  expect((await again.get(only))?.length).toBe(2)
  await again.close()
})

test('a feed that is removed while it is offered is not given, nor made again', async () => {
  const disk = memory()
  const [first, second] = (await storeOf(disk, 2)) as [Buffer, Buffer]
  const store = new FeedStore(disk)
  const { accept, far, replicator } = await offered(store)
  await store.remove(first)
  const cores: StoredFeed[] = [first, second].map((one) => hypercore(memory, one))
  accept(null, cores)
  await expect(far.synced({ keys: [first] })).rejects.toMatchObject({ code: 'ERR_CORE_CLOSED' })
  await far.synced({ keys: [second] })
  expect(await contentOf(cores[1] as StoredFeed)).toEqual(['1', 'two'])
  expect(await disk.list('feeds')).not.toContainEqual(expect.stringContaining(first.toString('hex')))
  await replicator.close()
})
