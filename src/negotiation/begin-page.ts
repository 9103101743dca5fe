import { recount } from './room.ts'
import type { Outgoing, State } from './state.ts'

/** Gives the offers of a page their ids, and counts it; gives the first id. */
export function beginPage(state: State, page: readonly Outgoing[]): number {
  const first = state.nextOutgoing
  state.nextOutgoing += page.length
  state.pagesSent++
  state.sentPages.set(first, page)
  let id = first
  for (const offer of page) {
    offer.id = id++
    offer.status = 'offered'
    offer.offered = offer.lengths
    offer.told = offer.lengths
    recount(state, offer.feed)
    state.outgoing.set(offer.id, offer)
  }
  return first
}
