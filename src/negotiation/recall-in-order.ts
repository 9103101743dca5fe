import { equalBytes } from '../bytes.ts'
import type { MemorySection } from '../wire/messages.ts'
import type { Fingerprint, Offered } from './range-index.ts'
import { isUnchanged, placesIn, Sequence } from './sequence.ts'
import type { Outgoing, State } from './state.ts'

/**
 * The short way to a reconnect: where both ends remember the same offers of the session before, in the same order, we know
 * by ourselves what has changed since. Nothing is compared, and what is recalled keeps that order, so that
 * neighbours in memory stay neighbours.
 * @param place of the section in the peer's memory
 * @returns whether both remember the same
 */
export function recallInOrder(
  state: State,
  place: number,
  { namespace, count, print }: MemorySection,
): boolean {
  const taken = state.taken.get(namespace)
  if (taken?.length !== count) return false
  const sequence = new Sequence(taken, state.fingerprint as Fingerprint)
  if (!equalBytes(sequence.print, print)) return false
  const remembered: (Outgoing | undefined)[] = Array(count)
  const placeOf = placesIn(taken)
  state.queue = state.queue.filter((offer) => {
    const isOurs = offer.namespace === namespace && offer.status === 'queued'
    const found = isOurs ? placeOf(offer.key) : undefined
    const then = found === undefined ? undefined : taken[found]
    if (found === undefined || !then || !isUnchanged(offer, then)) return true
    remembered[found] = offer
    // One of the two is enough; and whether it has become another one is seen at once.
    offer.header = then.header
    return false
  })
  const items: Outgoing[] = []
  const places: number[] = []
  for (const [found, offer] of remembered.entries()) {
    if (!offer) continue
    items.push(offer)
    places.push(found)
  }
  state.recalls.push({
    section: place,
    items,
    places: Int32Array.from(places),
    isUnchanged: (at) => isUnchanged(items[at] as Outgoing, taken[places[at] as number] as Offered),
    check: () => sequence.proof,
    next: 0,
  })
  return true
}
