import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RandomAccessStorage, Storage } from '../../src/random-access-storage.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { call } from '../../src/replicator/feed-store-files.ts'
import type { StoredFeed } from '../../src/replicator/feed-store-types.ts'
import { LazyCore } from '../../src/replicator/lazy-core.ts'
import type { Core } from '../../src/session/core.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { file } from '../../src/storage/file.ts'
import { memory } from '../../src/storage/memory.ts'
import { append, contentOf, feedOf } from './feeds.ts'
import { announcements, hexes, keysOf, question, somePeer } from './questions.ts'

const someKey = (n: number) => {
  const key = Buffer.alloc(32, 1)
  key.writeUInt32BE(n)
  return key
}
const share = (store: FeedStore, namespace: string | null = null) =>
  keysOf(store.share({ namespace, peer: somePeer() }))

/** Cores that are open: those whose bitfield is. */
function counting(storage: Storage) {
  const open = new Set<RandomAccessStorage>()
  const seen: string[] = []
  const counted: Storage = (name) => {
    seen.push(name)
    const made = storage(name)
    if (!name.startsWith('feeds/') || !name.endsWith('/bitfield')) return made
    open.add(made)
    const close = made.close.bind(made)
    made.close = (cb) => {
      open.delete(made)
      close(cb)
    }
    return made
  }
  return { storage: counted, open, seen }
}

test('a writer is the same feed after a restart, with its header and namespace', async () => {
  const storage = memory()
  const first = new FeedStore(storage)
  const me = await first.writer('me', { header: { title: 'Mine' }, namespace: 'chat' })
  await append(me, 'one')
  expect(await first.writer('me')).toBe(me)
  await first.close()

  const store = new FeedStore(storage)
  expect(await store.feeds()).toEqual([
    { key: me.key, name: 'me', header: { title: 'Mine' }, namespace: 'chat', writable: true },
  ])
  const again = await store.writer('me')
  expect(again.key).toEqual(me.key)
  expect(again.writable).toBe(true)
  await append(again, 'two')
  expect(await contentOf(again)).toEqual(['one', 'two'])
  const batch = await call<Buffer[]>((cb) => again.getBatch(0, 2, cb))
  expect(batch.map(String)).toEqual(['one', 'two'])
  await store.close()
})

test('a writer asked for many times at once is made once', async () => {
  const store = new FeedStore(memory())
  const made = await Promise.all(['me', 'me', 'you', 'me'].map((name) => store.writer(name)))
  expect(new Set(made).size).toBe(2)
  expect(await store.feeds()).toHaveLength(2)
  await store.close()
})

test('a writer takes a new header and a new namespace', async () => {
  const store = new FeedStore(memory())
  const me = await store.writer('me', { header: { title: 'Old' }, namespace: 'chat' })
  await store.writer('me', { header: { title: 'New' } })
  expect(await store.describe({ key: me.key })).toEqual({ title: 'New' })
  await store.writer('me', { namespace: 'news' })
  expect(await store.feeds()).toMatchObject([{ header: { title: 'New' }, namespace: 'news' }])
  await store.close()
})

test('feeds are shared in their namespace', async () => {
  const store = new FeedStore(memory())
  const chat = await store.writer('chat', { namespace: 'chat' })
  const none = await store.writer('none', { namespace: null })
  const taken = await feedOf()
  await store.store(question(taken.key, { from: 'a peer' }, 'chat'))
  expect(await share(store, 'chat')).toEqual(hexes(chat.key, taken.key))
  expect(await share(store)).toEqual(hexes(none.key))
  expect(await share(store, 'other')).toEqual([])
  expect(await store.describe({ key: taken.key })).toEqual({ from: 'a peer' })
  await store.close()
})

test('a writer without a namespace is shared wherever the store is mounted', async () => {
  const store = new FeedStore(memory())
  const before = await store.writer('before')
  const host = announcements()
  await store.mounted(host, 'chat')
  const after = await store.writer('after')
  await host.next()
  expect(host.heard).toEqual([`chat ${after.key.toString('hex')}`])
  expect(await share(store, 'chat')).toEqual(hexes(before.key, after.key))
  expect(await share(store, 'other')).toEqual([])
  await store.close()
})

test('a store mounted in every namespace tells of all its feeds', async () => {
  const store = new FeedStore(memory())
  const chat = await store.writer('chat', { namespace: 'chat' })
  const free = await store.writer('free')
  const host = announcements()
  await store.mounted(host, '*')
  await host.next()
  expect(host.heard).toEqual([`chat ${chat.key.toString('hex')}`])
  expect(await share(store)).toEqual(hexes(free.key))
  await store.close()
})

test('opening a store of 10,000 feeds opens no core and reads one file', async () => {
  const storage = memory()
  const first = new FeedStore(storage)
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => first.store(question(someKey(n), { n }))))
  await first.close()

  const { storage: counted, open, seen } = counting(storage)
  const store = new FeedStore(counted)
  expect(await store.feeds()).toHaveLength(10_000)
  expect(await share(store)).toHaveLength(10_000)
  expect(await store.describe({ key: someKey(77) })).toEqual({ n: 77 })
  expect(await store.resolve(someKey(78))).toBeInstanceOf(LazyCore)
  expect(seen.sort()).toEqual(['index/a', 'index/b', 'index/bitfield'])
  expect(open.size).toBe(0)
  await store.close()
})

test('so many idle cores stay open, those used last', async () => {
  const { storage, open } = counting(memory())
  const store = new FeedStore(storage, { maxOpen: 3 })
  const lazy = await Promise.all(Array.from({ length: 20 }, (_, n) => store.store(question(someKey(n)))))
  let most = 0
  const lengths = lazy.map((core) =>
    (core as LazyCore).use((feed) => {
      most = Math.max(most, open.size)
      return feed.length
    }),
  )
  expect(await Promise.all(lengths)).toEqual(new Array(20).fill(0))
  expect(most).toBeLessThanOrEqual(6)
  expect(lazy.map((core) => (core as LazyCore).feed !== undefined)).toEqual([
    ...new Array(17).fill(false),
    true,
    true,
    true,
  ])
  await store.close()
  expect(open.size).toBe(0)
})

test('a core that the application has stays open, and is the one that replicates', async () => {
  const { storage } = counting(memory())
  const store = new FeedStore(storage, { maxOpen: 0, idleAfter: 0 })
  const me = await store.writer('me')
  const taken = (await store.store(question(someKey(1)))) as LazyCore
  const core = await store.get(someKey(1))
  const others = await Promise.all([2, 3, 4].map((n) => store.store(question(someKey(n)))))
  for (const other of others) await (other as LazyCore).use(() => {})
  expect([me.closed, core?.closed]).toEqual([false, false])
  expect(taken.feed).toBe(core)
  expect(await store.resolve(someKey(1))).toBe(core)
  expect(await store.resolve(me.key)).toBe(me)
  await store.close()
  expect([me.closed, core?.closed]).toEqual([true, true])
})

test('a core that replicates stays open, whatever else is opened', async () => {
  const feed = await feedOf('one', 'two')
  const store = new FeedStore(memory(), { maxOpen: 0, idleAfter: 0 })
  const [a, b] = [replic8(Buffer.alloc(32, 7), { live: true }), replic8(Buffer.alloc(32, 7), { live: true })]
  b.on('advertise', async ({ keys }, accept) =>
    accept(null, [await store.store(question(keys[0] as Buffer))]),
  )
  a.pipe(b.stream)
  await a.share([feed]).accepted
  await b.synced()
  const core = ((await store.resolve(feed.key)) as LazyCore).feed as StoredFeed
  await ((await store.store(question(someKey(1)))) as LazyCore).use(() => {})
  const synced = new Promise((resolve) => b.once('sync', resolve))
  await append(feed, 'three')
  await synced
  expect(core.closed).toBe(false)
  expect(await contentOf(core)).toEqual(['one', 'two', 'three'])
  a.end()
  await Promise.all([a.closed, b.closed])
  await store.close()
})

test('a core that nobody uses any more is closed', async () => {
  const feed = await feedOf('one')
  const { storage, open } = counting(memory())
  const store = new FeedStore(storage, { maxOpen: 0, idleAfter: 0 })
  const [a, b] = [replic8(Buffer.alloc(32, 7), { live: true }), replic8(Buffer.alloc(32, 7), { live: true })]
  b.on('advertise', async ({ keys }, accept) =>
    accept(null, [await store.store(question(keys[0] as Buffer))]),
  )
  a.pipe(b.stream)
  await a.share([feed]).accepted
  await b.synced()
  expect(open.size).toBe(1)
  a.end()
  await Promise.all([a.closed, b.closed])
  while (open.size > 0) await new Promise((resolve) => setImmediate(resolve))
  expect(((await store.resolve(feed.key)) as LazyCore).feed).toBeUndefined()
  await store.close()
})

test('a core that the application closed opens again', async () => {
  const store = new FeedStore(memory())
  const me = await store.writer('me')
  await append(me, 'one')
  me.close()
  const again = await store.writer('me')
  expect(again).not.toBe(me)
  expect(await contentOf(again)).toEqual(['one'])
  await store.close()
})

test('removing a feed frees its storage, and it can come back as a new one', async () => {
  const storage = memory()
  const store = new FeedStore(storage)
  const me = await store.writer('me')
  await append(me, 'one')
  const lazy = (await store.store(question(someKey(1)))) as LazyCore
  await lazy.open()
  await Promise.all([
    store.remove(me.key),
    store.remove(someKey(1)),
    store.remove(someKey(1).toString('hex')),
    store.remove(someKey(2)),
  ])
  expect(await storage.list('feeds')).toEqual([])
  expect(await store.feeds()).toEqual([])
  expect(await store.get(me.key)).toBeUndefined()
  expect(await store.resolve(someKey(1))).toBeUndefined()
  expect(me.closed).toBe(true)
  expect(lazy.closed).toBe(true)
  await expect(lazy.open()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  expect((await store.writer('me')).key).not.toEqual(me.key)
  expect(await store.store(question(someKey(1)))).not.toBe(lazy)
  await store.close()
})

test('a storage that cannot remove folders is emptied file by file', async () => {
  const managed = memory()
  const storage: Storage = (name) => managed(name)
  const store = new FeedStore(storage)
  const me = await store.writer('me')
  await append(me, 'one')
  await store.remove(me.key)
  expect(await managed.list('feeds')).toEqual([])
  await store.close()
})

test('a removal that was cut short is finished at the next start', async () => {
  const storage = memory()
  const failing = Object.assign((name: string) => storage(name), {
    remove: () => Promise.reject(new Error('The power went off.')),
  })
  const first = new FeedStore(failing)
  const me = await first.writer('me')
  await expect(first.remove(me.key)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  expect(await first.feeds()).toEqual([])
  await first.close()
  expect(await storage.list('feeds')).not.toEqual([])
  const store = new FeedStore(storage)
  expect(await store.feeds()).toEqual([])
  expect(await storage.list('feeds')).toEqual([])
  await store.close()
})

test('the Noise key pair is kept', async () => {
  const storage = memory()
  const first = new FeedStore(storage)
  const [pair, same] = await Promise.all([first.keyPair(), first.keyPair()])
  expect(pair).toEqual(same)
  expect([pair.publicKey.length, pair.secretKey.length]).toEqual([32, 32])
  expect(await first.feeds()).toEqual([])
  await first.close()
  const store = new FeedStore(storage)
  expect(await store.keyPair()).toEqual(pair)
  await store.close()
})

test('a second store on the same files is refused, and tries again when it is asked again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'replic8-feeds-'))
  const [first, second] = [new FeedStore(file(directory)), new FeedStore(file(directory))]
  await first.writer('me')
  const refused = { code: 'ERR_STORAGE_LOCKED' }
  await expect(second.writer('me')).rejects.toMatchObject(refused)
  await expect(second.feeds()).rejects.toMatchObject(refused)
  await expect(second.share({ namespace: null, peer: somePeer() })).rejects.toMatchObject(refused)
  await first.close()
  expect(await second.feeds()).toMatchObject([{ name: 'me' }])
  await second.close()
  await rm(directory, { recursive: true, force: true })
})

test('a core whose files are in use by somebody else says so', async () => {
  const storage = memory()
  const store = new FeedStore(storage)
  const lazy = (await store.store(question(someKey(1)))) as LazyCore
  const elsewhere = storage(`feeds/${someKey(1).toString('hex')}/bitfield`)
  await new Promise((resolve) => elsewhere.open(resolve))
  await expect(lazy.open()).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
  await expect(store.get(someKey(1))).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
  await new Promise((resolve) => elsewhere.close(resolve))
  expect((await store.get(someKey(1)))?.key).toEqual(someKey(1))
  await store.close()
})

test('a closed store refuses with a code', async () => {
  const store = new FeedStore(memory())
  const me = await store.writer('me')
  await Promise.all([store.close(), store.close()])
  const closed = { code: 'ERR_CLOSED' }
  await expect(store.writer('me')).rejects.toMatchObject(closed)
  await expect(store.feeds()).rejects.toMatchObject(closed)
  await expect(store.get(me.key)).rejects.toMatchObject(closed)
  await expect(store.resolve(me.key)).rejects.toMatchObject(closed)
  await expect(store.remove(me.key)).rejects.toMatchObject(closed)
  await expect(store.keyPair()).rejects.toMatchObject(closed)
})

test('arguments are checked', async () => {
  const bad = { code: 'ERR_BAD_ARGUMENT' }
  expect(() => new FeedStore('folder' as never)).toThrow(expect.objectContaining(bad))
  expect(() => new FeedStore(memory(), { maxOpen: -1 })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
  )
  const store = FeedStore(memory())
  expect(store).toBeInstanceOf(FeedStore)
  await expect(store.writer('')).rejects.toMatchObject(bad)
  await expect(store.get('no key')).rejects.toMatchObject(bad)
  await expect(store.remove(Buffer.alloc(31))).rejects.toMatchObject(bad)
  await store.close()
})

test('a feed that is not open replicates on a stream that is given, and on no other', async () => {
  const store = new FeedStore(memory())
  const lazy = (await store.store(question(someKey(1)))) as Core
  expect(() => lazy.replicate(true)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  await store.close()
})
