import { emptyHeader } from '../wire/header.ts'
import type { Incoming, Outgoing, State } from './state.ts'

/** Declined and ended offers that are remembered, for each side: a peer can offer and take back without end. */
export const rememberedOffers = 16_384

/** The latest offers that are over: the newest takes the place of the oldest. */
export interface Ring<Offer> {
  readonly offers: Offer[]
  /** How many were ever put in. */
  count: number
}

/** An offer was declined, or ended without that: keeps it in mind, and forgets the oldest of its kind instead. */
export function rememberOver(state: State, offer: Outgoing | Incoming) {
  // Nobody looks at it any more, and it is what takes the room.
  offer.header = emptyHeader
  const oldest =
    'told' in offer ? put(state, state.overOutgoing, offer) : put(state, state.overIncoming, offer)
  if (oldest) forget(state, oldest)
}

function put<Offer>(state: State, ring: Ring<Offer>, offer: Offer): Offer | undefined {
  const place = ring.count++ % (state.options.remember ?? rememberedOffers)
  const oldest = ring.offers[place]
  ring.offers[place] = offer
  return oldest
}

function forget(state: State, offer: Outgoing | Incoming) {
  const feed = state.feeds.get(offer.key)
  if ('told' in offer) {
    // A newer offer may have taken its place.
    if (feed?.outgoing.get(offer.namespace) === offer) feed.outgoing.delete(offer.namespace)
    if (state.outgoing.delete(offer.id)) countForgotten(state, offer)
  } else {
    if (feed?.incoming.get(offer.namespace) === offer) feed.incoming.delete(offer.namespace)
    if (state.incoming.delete(offer.id)) countForgotten(state, offer)
  }
  if (feed && feed.outgoing.size + feed.incoming.size === 0) state.feeds.delete(feed.key)
}

function countForgotten({ forgotten }: State, { status }: Outgoing | Incoming) {
  if (status === 'declined') forgotten.declined++
  else forgotten.ended++
}

/** Whether all offers that a message names were made; if not, the peer is blamed. What is forgotten was made, and is over. */
export function allMade(state: State, by: 'us' | 'peer', rows: readonly { id: number }[]): boolean {
  const end = by === 'us' ? state.nextOutgoing : state.nextIncoming
  const unknown = rows.find(({ id }) => id >= end)
  if (!unknown) return true
  const detail = `The peer named offer ${unknown.id} of ${by === 'us' ? 'ours' : 'its own'}, which was never made.`
  state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
  return false
}
