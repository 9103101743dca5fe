import { type Core, isFeed, toHexKey } from '../session/core.ts'
import type { CoreStore, DescribeQuestion, FeedQuestion, Peer, StoreHost } from './core-store.ts'
import { whenOpen } from './feed-store-foreign.ts'
import { LazyCore } from './lazy-core.ts'

/** Where cores are found by key: a replicator. */
type Finder = StoreHost & { get?(key: Uint8Array): Core | undefined }

/**
 * Offers and takes a feed only where the lengths at the two ends differ, told by a header field `length`, in blocks. A
 * copy with gaps is given no length, and so is always offered and taken: it can be of the same length as a complete one
 * and still lack blocks. A hyperdrive, which is two feeds and sparse, neither.
 *
 * Both peers need it. Lengths are compared when a feed is offered: what was equal then, and grows, goes over when the
 * peers connect the next time.
 */
export function onlyNewer(): CoreStore {
  /** What each peer said of its feeds. */
  const offered = new WeakMap<Peer['session'], Map<string, number>>()
  /** Cores that were offered, where nobody else can be asked for them. */
  const described = new Map<string, () => Promise<Core>>()
  let finder: Finder | undefined

  const find = async (key: Buffer): Promise<Core | undefined> =>
    finder?.get?.(key) ??
    (await described
      .get(toHexKey(key))?.()
      .catch(() => undefined))

  return {
    name: 'onlyNewer',
    mounted(host: StoreHost) {
      finder = host
    },
    async describe({ key, core }: DescribeQuestion) {
      if (!finder?.get) described.set(toHexKey(key), core)
      const length = await completeLength(await core())
      return length === undefined ? undefined : { length }
    },
    hold({ key, header, peer }: FeedQuestion) {
      return (
        typeof header.length === 'number' && offered.get(peer.session)?.get(toHexKey(key)) === header.length
      )
    },
    async reject({ key, header, peer }: FeedQuestion) {
      const { length } = header
      const said = offered.get(peer.session) ?? new Map<string, number>()
      offered.set(peer.session, said)
      if (typeof length !== 'number') {
        said.delete(toHexKey(key))
        return false
      }
      said.set(toHexKey(key), length)
      const core = await find(key)
      return core !== undefined && (await completeLength(core)) === length
    },
    close() {
      described.clear()
      finder = undefined
    },
  }
}

/** The length of a core of which every block is here; undefined for another, and for one that does not open. */
async function completeLength(core: Core): Promise<number | undefined> {
  try {
    if (core instanceof LazyCore) return core.restLength ?? (await core.use(measure))
    await whenOpen(core)
    return measure(core)
  } catch {
    return undefined
  }
}

function measure(core: Core): number | undefined {
  const { feed } = core as { feed?: unknown }
  const measured = isFeed(core) ? core : feed
  if (!isFeed(measured)) return undefined
  const { length } = measured
  return length === 0 || measured.downloaded(0, length) === length ? length : undefined
}
