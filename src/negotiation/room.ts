import type { FeedState, Incoming, Outgoing, State } from './state.ts'

/**
 * How many channels this side may have the peer open: one for each feed that both agree on. What is offered and not
 * answered has its place already, so that two sides that offer at once do not agree on more than either can take.
 */

/** Counts a feed anew, after the status of an offer of it has changed. */
export function recount(state: State, feed: FeedState) {
  const isHeld = feed.agreements > 0 || feed.outgoing.some(isOffered)
  const channels = isHeld ? Math.max(feed.outgoing.most(channelsOf), feed.incoming.most(channelsOf)) : 0
  if (channels === feed.channels) return
  state.channels += channels - feed.channels
  feed.channels = channels
}

function isOffered({ status }: Outgoing): boolean {
  return status === 'offered'
}

/** Gives out the places that are left; each question takes one, where the feed has none. */
export function roomOf(state: State): (offer: Outgoing | Incoming) => boolean {
  let left = (state.options.channels ?? Number.POSITIVE_INFINITY) - state.channels
  return (offer) => {
    if (offer.feed.channels > 0) return true
    if (channelsOf(offer) > left) return false
    left -= channelsOf(offer)
    return true
  }
}

/** A structure has one for each of its feeds. */
function channelsOf(offer: Outgoing | Incoming): number {
  return Math.max(1, ('told' in offer ? offer.lengths : offer.known).length)
}
