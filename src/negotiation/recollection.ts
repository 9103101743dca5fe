import { maxSections } from '../wire/limits.ts'
import { mentioned } from './agreement.ts'
import type { HexKey, Namespace } from './events.ts'
import type { Offered } from './range-index.ts'
import { isUnchanged, placesIn } from './sequence.ts'
import type { FeedState, Incoming, Outgoing, State } from './state.ts'

/** What is remembered of offers, from the last session with a peer, by namespace: in the order in which they were made. */
export type Recollection = ReadonlyMap<Namespace, readonly Offered[]>

/** What is remembered of a peer. */
export interface Acquaintance {
  /** What it offered, and this side took. */
  readonly offered: Recollection
  /** What it took of what this side offered. */
  readonly taken: Recollection
}

/** Offers of a namespace below which it is not compared: one page more costs less than the round trips. */
export const leastRemembered = 1024
/** Offers of a namespace that are compared at most. */
export const mostRemembered = 2 ** 20

/** The part of what is remembered that is worth comparing; null where nothing is. */
export function worthComparing(recollection: Recollection | null): Recollection | null {
  const worth = [...(recollection ?? [])].filter(
    ([, offers]) => offers.length >= leastRemembered && offers.length <= mostRemembered,
  )
  return worth.length > 0 ? new Map(worth.slice(0, maxSections)) : null
}

/** Gathers what is to be remembered. */
class Gathering {
  readonly offers = new Map<Namespace, Offered[]>()
  private readonly before: Recollection | null
  private readonly placeOf = new Map<Namespace, (key: HexKey) => number | undefined>()

  constructor(before: Recollection | null) {
    this.before = before
    for (const [namespace, offers] of before ?? []) this.placeOf.set(namespace, placesIn(offers))
  }

  /** An offer, if it was taken. */
  take(offer: Outgoing | Incoming) {
    const { namespace, key, header, status } = offer
    if (status === 'accepted') this.note(namespace, { key, header, lengths: mentioned(offer) })
  }

  note(namespace: Namespace, offered: Offered) {
    const offers = this.offers.get(namespace)
    if (offers) offers.push(this.same(namespace, offered))
    else this.offers.set(namespace, [this.same(namespace, offered)])
  }

  /** What was remembered before, where nothing has changed: that is most of it, and is old in memory. */
  private same(namespace: Namespace, offered: Offered): Offered {
    const place = this.placeOf.get(namespace)?.(offered.key)
    const then = place === undefined ? undefined : this.before?.get(namespace)?.[place]
    return then && isUnchanged(offered, then) ? then : offered
  }
}

/**
 * What is to be remembered of the peer's offers; null when it has not made all of its first ones, or they are not
 * answered: then what was remembered before is worth more. Of what it offered, that is what we took.
 * @param before what was remembered of it; null: nothing, it is a new peer. What such a one took of ours it will offer to
 *   us too, if it passes feeds on, and in the same words. Where it does not, one comparison was in vain
 */
export function recollect(state: State, before: Recollection | null): Recollection | null {
  const { peerBatchEnd, receivedPages } = state
  if (peerBatchEnd === null) return null
  for (const page of receivedPages.keys()) if (page < peerBatchEnd) return null
  const gathering = new Gathering(before)
  for (const offer of state.incoming.values()) gathering.take(offer)
  if (!before) for (const feed of state.feeds.values()) expect(feed, gathering)
  return gathering.offers
}

/**
 * What the peer took of our offers, in the order in which they were made: what it remembers of them, if it heard all that
 * was said. Null when our first offers are not all made and answered.
 */
export function recollectTaken(state: State, before: Recollection | null): Recollection | null {
  if (!state.batchSent || state.sentPages.size > 0) return null
  const gathering = new Gathering(before)
  for (const offer of state.outgoing.values()) gathering.take(offer)
  return gathering.offers
}

function expect(feed: FeedState, gathering: Gathering) {
  for (const { namespace, key, header, caughtUp, status } of feed.outgoing.values()) {
    if (status === 'accepted' && caughtUp && feed.incoming.get(namespace)?.status !== 'accepted')
      gathering.note(namespace, { key, header, lengths: caughtUp })
  }
}
