import { maxSections } from '../wire/limits.ts'
import type { Namespace } from './events.ts'
import type { Offered } from './range-index.ts'
import type { FeedState, State } from './state.ts'

/** What is remembered of a peer's offers, from the last session with it, by namespace. */
export type Recollection = ReadonlyMap<Namespace, readonly Offered[]>

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

/**
 * What is to be remembered of the peer's offers; null when it has not made all of its first ones, or they are not
 * answered: then what was remembered before is worth more. Of what it offered, that is what we took.
 * @param first nothing is remembered of this peer: what it took of ours it will offer to us too, if it passes feeds on,
 *   and in the same words. Where it does not, one comparison was in vain
 */
export function recollect(state: State, first: boolean): Recollection | null {
  const { peerBatchEnd, receivedPages } = state
  if (peerBatchEnd === null) return null
  for (const page of receivedPages.keys()) if (page < peerBatchEnd) return null
  const recollection = new Map<Namespace, Offered[]>()
  const note = (namespace: Namespace, offered: Offered) => {
    const offers = recollection.get(namespace)
    if (offers) offers.push(offered)
    else recollection.set(namespace, [offered])
  }
  for (const feed of state.feeds.values()) {
    for (const { namespace, key, header, known, status } of feed.incoming.values())
      if (status === 'accepted') note(namespace, { key, header, lengths: known })
    if (first) expect(feed, note)
  }
  return recollection
}

function expect(feed: FeedState, note: (namespace: Namespace, offered: Offered) => void) {
  for (const { namespace, key, header, caughtUp, status } of feed.outgoing.values()) {
    if (status === 'accepted' && caughtUp && feed.incoming.get(namespace)?.status !== 'accepted')
      note(namespace, { key, header, lengths: caughtUp })
  }
}
