import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { allow } from '../../src/replicator/allow.ts'
import type { CoreStore, Peer } from '../../src/replicator/core-store.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { whenOpen } from '../../src/replicator/feed-store-foreign.ts'
import { maxFeeds } from '../../src/replicator/max-feeds.ts'
import { onlyNewer } from '../../src/replicator/only-newer.ts'
import type { Core } from '../../src/session/core.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { memory } from '../../src/storage/memory.ts'
import type { Header } from '../../src/wire/messages.ts'
import { append, feedOf } from './feeds.ts'
import { announcements, question, somePeer } from './questions.ts'

const someKey = (n: number) => Buffer.alloc(32, n)

test('allow: only the listed feeds are taken and offered', async () => {
  const store = allow([someKey(1), someKey(2).toString('hex')])
  const answers = [1, 2, 3].map((n) => [
    store.reject?.(question(someKey(n))),
    store.hold?.(question(someKey(n))),
  ])
  expect(answers).toEqual([
    [false, false],
    [false, false],
    [true, true],
  ])
  expect(() => allow(['no key'])).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

test('maxFeeds: takes so many feeds from all peers together, and those again', () => {
  const store = maxFeeds(2)
  const asked = [1, 2, 3, 1, 2, 4].map((n) => store.reject?.(question(someKey(n))))
  expect(asked).toEqual([false, false, true, false, false, true])
})

test('maxFeeds: own feeds do not count, feeds of an earlier start do', () => {
  const store = maxFeeds(2, { taken: [someKey(1)] })
  store.describe?.({ ...question(someKey(9)), core: async () => ({}) as Core })
  const asked = [9, 2, 3, 1].map((n) => store.reject?.(question(someKey(n))))
  expect(asked).toEqual([false, false, true, false])
  for (const n of [-1, 1.5, Number.NaN]) {
    expect(() => maxFeeds(n)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  }
})

const headerOf = (store: CoreStore, core: Core, peer?: Peer) =>
  store.describe?.({ ...question(core.key as Uint8Array, {}, null, peer), core: async () => core })

test('onlyNewer: describes a feed with its length, where all of it is here', async () => {
  const store = onlyNewer()
  expect(await headerOf(store, await feedOf())).toEqual({ length: 0 })
  expect(await headerOf(store, await feedOf('one', 'two'))).toEqual({ length: 2 })
})

test('onlyNewer: does not take a feed that is here in the same length', async () => {
  const store = onlyNewer()
  const feed = await feedOf('one', 'two')
  await headerOf(store, feed)
  const reject = (header: Header) => store.reject?.(question(feed.key, header))
  expect(await reject({ length: 2 })).toBe(true)
  expect(await reject({ length: 3 })).toBe(false)
  expect(await reject({ length: 1 })).toBe(false)
  expect(await reject({})).toBe(false)
  await append(feed, 'three')
  expect(await reject({ length: 3 })).toBe(true)
  expect(await store.reject?.(question(someKey(1), { length: 2 }))).toBe(false)
})

test('onlyNewer: asks the replicator for cores that it holds', async () => {
  const store = onlyNewer()
  const feed = await feedOf('one')
  const host = { ...announcements(), get: (key: Uint8Array) => (feed.key.equals(key) ? feed : undefined) }
  store.mounted?.(host, null)
  expect(await store.reject?.(question(feed.key, { length: 1 }))).toBe(true)
  expect(await store.reject?.(question(feed.key, { length: 2 }))).toBe(false)
})

test('onlyNewer: keeps back from a peer what that peer has in the same length', async () => {
  const store = onlyNewer()
  const [there, elsewhere] = [somePeer(), somePeer()]
  const hold = (length: number, peer: Peer) => store.hold?.(question(someKey(1), { length }, null, peer))
  expect(await hold(2, there)).toBe(false)
  await store.reject?.(question(someKey(1), { length: 2 }, null, there))
  expect(await hold(2, there)).toBe(true)
  expect(await hold(3, there)).toBe(false)
  expect(await hold(2, elsewhere)).toBe(false)
  await store.reject?.(question(someKey(1), {}, null, there))
  expect(await hold(2, there)).toBe(false)
})

test('onlyNewer: a copy with gaps is taken and offered still, though its length is the same', async () => {
  const feed = await feedOf('one', 'two', 'three')
  const copy = hypercore(memory, feed.key, { sparse: true })
  await whenOpen(copy)
  const [a, b] = [replic8(Buffer.alloc(32, 7), { live: true }), replic8(Buffer.alloc(32, 7), { live: true })]
  b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, whole: false }]))
  a.pipe(b.stream)
  await a.share([feed]).accepted
  await new Promise<void>((resolve, reject) =>
    copy.get(1, (error: Error | null) => (error ? reject(error) : resolve())),
  )
  expect(copy.length).toBe(3)
  const store = onlyNewer()
  expect(await headerOf(store, copy)).toBeUndefined()
  expect(await store.reject?.(question(feed.key, { length: 3 }))).toBe(false)
  a.end()
  await Promise.all([a.closed, b.closed])
})

test('onlyNewer: reads the lengths of a FeedStore without keeping its cores open', async () => {
  const storage = memory()
  const first = new FeedStore(storage)
  const me = await first.writer('me')
  await append(me, 'one', 'two')
  const { key } = me
  await first.close()
  const store = new FeedStore(storage, { maxOpen: 0 })
  expect(await headerOf(onlyNewer(), (await store.resolve(key)) as Core)).toEqual({ length: 2 })
  await store.close()
})
