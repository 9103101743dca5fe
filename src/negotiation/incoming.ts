import { toHex } from '../bytes.ts'
import type {
  AnswerReason,
  EndedOffer,
  EndReason,
  OfferLengths,
  OfferMessage,
  UpdateMessage,
  WithdrawMessage,
} from '../wire/messages.ts'
import { agree, end, setDownloadPending, updateSynced } from './agreement.ts'
import type { FeedLengths, HexKey } from './events.ts'
import { covers, feedOf, type Incoming, type IncomingPage, type State } from './state.ts'

/** The accepting side: what the peer offers, and what we make of it. */

export function onoffer(state: State, message: OfferMessage) {
  const { first, keys, namespace } = message
  const limits = state.options.limits
  if (first !== state.nextIncoming) {
    return violation(
      state,
      'ERR_PROTOCOL',
      `A page of offers begins at ${first} and not at ${state.nextIncoming}.`,
    )
  }
  if (state.receivedPages.size >= limits.offersOutstanding) {
    return violation(
      state,
      'ERR_TOO_MANY_OFFERS',
      `${limits.offersOutstanding} pages of offers are unanswered.`,
    )
  }
  state.nextIncoming += keys.length
  state.pagesReceived++
  for (const [i, key] of keys.entries()) {
    receive(state, {
      id: first + i,
      key: toHex(key),
      namespace,
      header: message.headers[i] ?? {},
      known: message.lengths[i] ?? [],
      required: message.lengths[i] ?? [],
      have: null,
      status: 'waiting',
      reason: null,
      pending: false,
    })
  }
  const page: IncomingPage = { first, count: keys.length, namespace, waitsFor: new Set(state.opening) }
  state.receivedPages.set(first, page)
  if (page.waitsFor.size === 0) handOut(state, page)
}

function receive(state: State, offer: Incoming) {
  const offers = feedOf(state, offer.key).incoming
  const old = offers.get(offer.namespace)
  // The newer offer of a feed in a namespace takes the place of the older one.
  if (old && old.status !== 'declined' && old.status !== 'ended') end(state, old, 'withdrawn')
  offers.set(offer.namespace, offer)
  state.incoming.set(offer.id, offer)
}

/** Hands out the pages that waited for the cores of a share, now open. */
export function unblock(state: State, share: number) {
  for (const page of state.receivedPages.values()) {
    if (page.waitsFor.delete(share) && page.waitsFor.size === 0) handOut(state, page)
  }
}

function handOut(state: State, page: IncomingPage) {
  const offers = offersOf(state, page)
  for (const offer of offers) if (offer.status === 'waiting') offer.status = 'handed-out'
  state.effects.push({
    type: 'advertise',
    first: page.first,
    namespace: page.namespace,
    keys: offers.map((offer) => offer.key),
    headers: offers.map((offer) => offer.header),
  })
}

function offersOf(state: State, page: IncomingPage): Incoming[] {
  return Array.from({ length: page.count }, (_, i) => state.incoming.get(page.first + i) as Incoming)
}

/** Answers a page. What the peer took back meanwhile is answered too, and means nothing. */
export function answer(state: State, first: number, accepted: boolean[], reason: AnswerReason) {
  const page = state.receivedPages.get(first)
  if (!page) return
  state.receivedPages.delete(first)
  state.effects.push({ type: 'send', message: { type: 'answer', first, accepted, reason } })
  for (const [i, offer] of offersOf(state, page).entries()) {
    if (offer.status !== 'handed-out' && offer.status !== 'waiting') continue
    if (accepted[i]) {
      offer.required = offer.known
      agree(state, offer, 'in', offer.known)
      setDownloadPending(state, offer, !covers(offer.have, offer.required))
      pushTarget(state, offer.key)
    } else {
      offer.status = 'declined'
      offer.reason = reason
    }
  }
}

/** The longest that any offer of the feed stated: one of an older length may be accepted after one of a newer. */
function pushTarget(state: State, key: HexKey) {
  const lengths: number[] = []
  for (const offer of feedOf(state, key).incoming.values()) {
    if (offer.status !== 'accepted') continue
    for (const [i, length] of offer.known.entries()) lengths[i] = Math.max(lengths[i] ?? 0, length)
  }
  state.effects.push({ type: 'target', key, lengths })
}

/** Our downloads are complete up to these lengths: tells the peer, where it is news. */
export function downloaded(state: State, feeds: FeedLengths[]) {
  const rows: OfferLengths[] = []
  for (const { key, lengths } of feeds) {
    const feed = state.feeds.get(key)
    if (!feed) continue
    for (const offer of feed.incoming.values()) {
      if (offer.status !== 'accepted' || covers(offer.have, lengths)) continue
      offer.have = lengths
      rows.push({ id: offer.id, lengths })
      setDownloadPending(state, offer, !covers(lengths, offer.required))
    }
    updateSynced(state, feed)
  }
  if (rows.length > 0) state.effects.push({ type: 'send', message: { type: 'caught-up', offers: rows } })
}

/** Gives up accepted feeds: the offering side shall not wait for us. */
export function release(state: State, offers: Incoming[], reason: EndReason) {
  const ended: EndedOffer[] = []
  for (const offer of offers) {
    if (offer.status !== 'accepted') continue
    ended.push({ id: offer.id, reason })
    end(state, offer, reason)
  }
  if (ended.length > 0) state.effects.push({ type: 'send', message: { type: 'release', offers: ended } })
}

export function onwithdraw(state: State, message: WithdrawMessage) {
  for (const { id, reason } of message.offers) {
    const offer = known(state, id)
    if (!offer) return
    if (offer.status === 'ended') continue
    end(state, offer, reason)
    state.effects.push({ type: 'withdrawn', key: offer.key, namespace: offer.namespace })
  }
}

export function onupdate(state: State, message: UpdateMessage) {
  const offer = known(state, message.id)
  if (!offer || offer.status === 'ended') return
  offer.header = message.header
  // The accept handler has not seen the old header yet: it will see the new one.
  if (offer.status === 'waiting') return
  state.effects.push({ type: 'updated', key: offer.key, namespace: offer.namespace, header: message.header })
}

export function onlength(state: State, rows: OfferLengths[]) {
  for (const { id, lengths } of rows) {
    const offer = known(state, id)
    if (!offer) return
    offer.known = lengths
    if (offer.status !== 'accepted') continue
    pushTarget(state, offer.key)
    updateSynced(state, feedOf(state, offer.key))
  }
}

function known(state: State, id: number): Incoming | undefined {
  const offer = state.incoming.get(id)
  if (!offer) violation(state, 'ERR_PROTOCOL', `The peer named its offer ${id}, which it never made.`)
  return offer
}

function violation(state: State, code: 'ERR_PROTOCOL' | 'ERR_TOO_MANY_OFFERS', detail: string) {
  state.effects.push({ type: 'violation', code, detail })
}
