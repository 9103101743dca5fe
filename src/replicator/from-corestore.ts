import crypto from 'hypercore-crypto'
import type { Core, Feed } from '../session/core.ts'
import type { CoreStore, FeedQuestion, ShareQuestion, StoreHost } from './core-store.ts'
import { call } from './feed-store-files.ts'
import { containErrors, whenOpen } from './feed-store-foreign.ts'

type CorestoreFeed = Feed & { readonly discoveryKey: Buffer }

/** What is used of a corestore 5. */
export interface Corestore {
  ready(): Promise<void>
  get(options: { key: Buffer }): CorestoreFeed
  list(): Map<string, CorestoreFeed>
  namespace(name: string): Corestore
  isLoaded(options: { key: Buffer }): boolean
  on(event: 'feed' | 'error', handler: (core: CorestoreFeed) => void): unknown
  removeListener(event: 'feed', handler: (core: CorestoreFeed) => void): unknown
  close(cb: (error: Error | null) => void): void
  readonly inner: { _checkIfExists(key: Buffer, cb: (error: Error | null, exists?: boolean) => void): void }
}

export interface CorestoreOptions {
  /** false: this core stays private; it is neither offered nor found by its key. Default: all are public. */
  share?: (core: Core) => boolean
  /** Close the corestore with the replicator. Default: false, it belongs to whoever made it. */
  close?: boolean
}

/**
 * A corestore 5 as a store: offers the cores that were opened through this very corestore object, by name or by key,
 * and not those of its namespaces (a drive has its content there); keeps what peers offer in it. A core on its disk is
 * found by its key, also one that was not opened since the start. A corestore has no place for headers.
 */
export function fromCorestore(
  corestore: Corestore,
  { share = () => true, close = false }: CorestoreOptions = {},
): CoreStore {
  const taken = new Set<string>()
  let unlisten = () => {}

  const open = async (from: Corestore, key: Buffer): Promise<Core> => {
    const core = from.get({ key })
    containErrors(core)
    await whenOpen(core)
    return core
  }
  // What is only looked up gets no place in the corestore's own list, and so is not offered to everybody.
  let lookup: Corestore | undefined
  const lookupStore = async () => {
    lookup ??= corestore.namespace('replic8')
    containErrors(lookup)
    await lookup.ready()
    return lookup
  }
  const isHere = async (key: Buffer) => {
    if (corestore.isLoaded({ key })) return true
    const discoveryKey: Buffer = crypto.discoveryKey(key)
    return call<boolean>((cb) => corestore.inner._checkIfExists(discoveryKey, cb)).catch(() => false)
  }

  return {
    name: 'corestore',
    async share(_question: ShareQuestion) {
      await corestore.ready()
      return [...corestore.list().values()].filter((core) => share(core))
    },
    async resolve(key: Buffer) {
      await corestore.ready()
      if (!(await isHere(key))) return undefined
      const core = await open(await lookupStore(), key)
      return share(core) ? core : undefined
    },
    async store({ key }: FeedQuestion) {
      await corestore.ready()
      taken.add(key.toString('hex'))
      return open(corestore, key)
    },
    mounted(host: StoreHost, namespace: string | null) {
      const onfeed = (core: CorestoreFeed) => {
        const isOwn = corestore.list().get(core.discoveryKey.toString('hex')) === core
        if (!isOwn || taken.has(core.key.toString('hex')) || !share(core)) return
        host.announce(namespace === '*' ? null : namespace, core)
      }
      corestore.on('feed', onfeed)
      const before = unlisten
      unlisten = () => {
        before()
        corestore.removeListener('feed', onfeed)
      }
    },
    async close() {
      unlisten()
      unlisten = () => {}
      if (close) await call((cb) => corestore.close(cb))
    },
  }
}
