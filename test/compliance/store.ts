import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CoreStore } from '../../src/replicator/core-store.ts'
import { whenOpen } from '../../src/replicator/feed-store-foreign.ts'
import { type Core, keyHex } from '../../src/session/core.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { announcements, hexes, keysOf, question, somePeer } from '../replicator/questions.ts'

/** A store with the collection behind it. */
export interface Opened {
  store: CoreStore
  /** Makes a feed of the collection's own, as an application does. */
  make(): Promise<Buffer>
  /** What the application reads of a feed, from the collection and not from the store. */
  read(key: Buffer): Promise<string[]>
  /** Closes the store, and the collection. */
  close(): Promise<void>
}

export interface StoreUnderTest {
  /** The collection: the same after `close`, as after a restart. */
  open(): Promise<Opened>
  teardown(): Promise<void>
}

export interface StoreKind {
  name: string
  /** What it knows of the feeds it took, after a restart: to share them, to find them by key, or nothing. */
  remembers: 'shared' | 'found' | 'nothing'
  create(): Promise<StoreUnderTest>
  /** A feed of somebody else, with content. */
  foreign(): Promise<{ core: Core; content: string[] }>
}

/** What every store of feeds does, whatever collection is behind it. */
export function storeCompliance({ name, remembers, create, foreign }: StoreKind): void {
  describe(`${name} as a store`, () => {
    let kind: StoreUnderTest
    let opened: Opened
    const shared = (namespace: string | null = null) =>
      keysOf(opened.store.share?.({ namespace, peer: somePeer() }) ?? [])
    const restart = async () => {
      await opened.close()
      opened = await kind.open()
    }
    const foreignKey = async () => {
      const { core } = await foreign()
      await whenOpen(core)
      return Buffer.from(core.key as Uint8Array)
    }

    beforeEach(async () => {
      kind = await create()
      opened = await kind.open()
    })
    afterEach(async () => {
      await opened.close()
      await kind.teardown()
    })

    test('shares what the collection has', async () => {
      expect(await shared()).toEqual([])
      const keys = [await opened.make(), await opened.make()]
      expect(await shared()).toEqual(hexes(...keys))
    })

    test('finds a feed by its key', async () => {
      const key = await opened.make()
      const core = (await opened.store.resolve?.(Buffer.from(key))) as Core
      expect(keyHex(core)).toBe(key.toString('hex'))
      expect(await opened.store.resolve?.(Buffer.from(key))).toBe(core)
    })

    test('finds nothing under a key that is not there, and makes nothing', async () => {
      const key = await foreignKey()
      for (let i = 0; i < 2; i++) expect((await opened.store.resolve?.(key)) ?? null).toBe(null)
      expect(await shared()).toEqual([])
      await restart()
      expect((await opened.store.resolve?.(key)) ?? null).toBe(null)
      expect(await shared()).toEqual([])
    })

    test('takes a feed of a peer, which replicates into the collection', async () => {
      const { core, content } = await foreign()
      await whenOpen(core)
      const key = Buffer.from(core.key as Uint8Array)
      const [there, here] = [
        replic8(Buffer.alloc(32, 7), { live: true }),
        replic8(Buffer.alloc(32, 7), { live: true }),
      ]
      here.on('advertise', async ({ keys, headers }, accept) => {
        const taken = keys.map(
          (offered, i) => opened.store.store?.(question(offered, headers[i])) as Promise<Core>,
        )
        accept(null, await Promise.all(taken))
      })
      there.pipe(here.stream)
      await there.share([core], [{ some: 'header' }]).accepted
      await here.synced()
      expect(await opened.read(key)).toEqual(content)
      there.end()
      await Promise.all([there.closed, here.closed])
    })

    test('has what it took, and passes it on', async () => {
      const key = await foreignKey()
      const core = (await opened.store.store?.(question(key))) as Core
      expect(keyHex(core)).toBe(key.toString('hex'))
      expect(await shared()).toEqual(hexes(key))
      expect(await opened.store.resolve?.(Buffer.from(key))).toBe(core)
    })

    test('takes a feed once, however often and by whomever it is offered', async () => {
      const key = await foreignKey()
      const store = opened.store.store?.bind(opened.store)
      const atOnce = await Promise.all([
        store?.(question(key)),
        store?.(question(key)),
        store?.(question(key)),
      ])
      expect(new Set([...atOnce, await store?.(question(key))]).size).toBe(1)
      expect(await shared()).toEqual(hexes(key))
    })

    test('takes many feeds at once', async () => {
      const keys = await Promise.all(Array.from({ length: 10 }, foreignKey))
      await Promise.all(keys.map((key) => opened.store.store?.(question(key))))
      expect(await shared()).toEqual(hexes(...keys))
    })

    test('announces what the application adds later, where it is mounted', async () => {
      const hosts = [announcements(), announcements()] as const
      await opened.store.mounted?.(hosts[0], null)
      await opened.store.mounted?.(hosts[1], 'chat')
      const [key, ...heard] = await Promise.all([opened.make(), ...hosts.map((host) => host.next())])
      expect(heard).toEqual([`null ${key.toString('hex')}`, `chat ${key.toString('hex')}`])
    })

    test('does not announce what it took: who offered it passes it on', async () => {
      const host = announcements()
      await opened.store.mounted?.(host, null)
      await opened.store.store?.(question(await foreignKey()))
      const made = await opened.make()
      await host.next()
      expect(host.heard).toEqual([`null ${made.toString('hex')}`])
    })

    test('remembers what it has to, and only that, after a restart', async () => {
      const own = await opened.make()
      const taken = await foreignKey()
      await opened.store.store?.(question(taken))
      await restart()
      const found = await opened.store.resolve?.(Buffer.from(taken))
      expect(found ? keyHex(found) : 'nothing').toBe(
        remembers === 'nothing' ? 'nothing' : taken.toString('hex'),
      )
      if (remembers === 'shared') expect(await shared()).toEqual(hexes(own, taken))
    })

    test('closes twice without harm', async () => {
      await opened.make()
      await opened.store.close?.()
      await opened.store.close?.()
    })
  })
}
