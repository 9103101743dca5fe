import { recount } from './room.ts'
import { feedOf, type Outgoing, type State } from './state.ts'

/** Gives the offers of a page their ids, and counts it; gives the first id. */
export function beginPage(state: State, page: readonly Outgoing[]): number {
  const first = state.nextOutgoing
  state.nextOutgoing += page.length
  state.pagesSent++
  state.sentPages.set(first, page)
  for (const [i, offer] of page.entries()) {
    offer.id = first + i
    offer.status = 'offered'
    offer.offered = offer.lengths
    offer.told = offer.lengths
    recount(state, feedOf(state, offer.key))
    state.outgoing.set(offer.id, offer)
  }
  return first
}
