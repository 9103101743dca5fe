import { toHex } from '../bytes.ts'
import { emptyHeader } from '../wire/header.ts'
import { maxFeedsPerPage } from '../wire/limits.ts'
import type {
  AnswerReason,
  EndedOffer,
  EndReason,
  OfferLengths,
  OfferMessage,
  UpdateMessage,
  WithdrawMessage,
} from '../wire/messages.ts'
import { runsOf } from '../wire/runs.ts'
import { agree, decline, end, isOver, setDownloadPending, updateSynced } from './agreement.ts'
import type { FeedLengths, Namespace } from './events.ts'
import { atMost, covers, isSame } from './lengths.ts'
import type { Offered } from './range-index.ts'
import { allMade } from './remembering.ts'
import { roomOf } from './room.ts'
import { type FeedState, feedOf, type Incoming, type IncomingPage, type State, targetOf } from './state.ts'

/** The accepting side: what the peer offers, and what we make of it. */

export function onoffer(state: State, { first, keys, namespace, lengths, headers }: OfferMessage) {
  const offered = keys.map((key, i): Offered => {
    return { key: toHex(key), lengths: lengths[i] ?? [], header: headers[i] ?? emptyHeader }
  })
  receivePage(state, first, namespace, offered)
}

/** A page of the peer's, however it came. */
export function receivePage(state: State, first: number, namespace: Namespace, offered: readonly Offered[]) {
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
  state.nextIncoming += offered.length
  state.pagesReceived++
  const offers = offered.map((offer, i) => receive(state, first + i, namespace, offer))
  const page: IncomingPage = { first, offers, handedOut: [], namespace, waitsFor: new Set(state.opening) }
  state.receivedPages.set(first, page)
  if (page.waitsFor.size === 0) handOut(state, page)
}

function receive(
  state: State,
  id: number,
  namespace: Namespace,
  { key, header, lengths }: Offered,
): Incoming {
  const feed = feedOf(state, key)
  const offer: Incoming = {
    id,
    key,
    feed,
    namespace,
    header,
    offered: lengths,
    known: lengths,
    required: lengths,
    have: null,
    status: 'waiting',
    reason: null,
    pending: false,
  }
  const old = feed.incoming.get(namespace)
  // The newer offer of a feed in a namespace takes the place of the older one.
  if (old && !isOver(old)) end(state, old, 'withdrawn')
  feed.incoming.set(namespace, offer)
  state.incoming.set(id, offer)
  return offer
}

/** Hands out the pages that waited for the cores of a share, now open. */
export function unblock(state: State, share: number) {
  for (const page of state.receivedPages.values()) {
    if (page.waitsFor.delete(share) && page.waitsFor.size === 0) handOut(state, page)
  }
}

function handOut(state: State, page: IncomingPage) {
  const offers = page.offers.filter(({ status }) => status === 'waiting')
  // Nothing is left to ask about, but the peer waits for room.
  if (offers.length === 0) return answer(state, page.first, [], 'declined')
  for (const offer of offers) offer.status = 'handed-out'
  page.handedOut = offers
  state.effects.push({
    type: 'advertise',
    first: page.first,
    namespace: page.namespace,
    keys: offers.map((offer) => offer.key),
    headers: offers.map((offer) => offer.header),
  })
}

/** Answers a page. What the peer took back meanwhile is answered too, and means nothing. */
export function answer(state: State, first: number, chosen: boolean[], reason: AnswerReason) {
  const page = state.receivedPages.get(first)
  if (!page) return
  state.receivedPages.delete(first)
  const hasRoom = roomOf(state)
  const { offers, handedOut } = page
  let anySurplus = false
  const taken = handedOut.map((offer, i) => {
    const isTaken = chosen[i] === true && hasRoom(offer)
    anySurplus ||= chosen[i] === true && !isTaken
    return isTaken
  })
  if (anySurplus) reportSurplus(state, page.namespace)
  // The peer knows nothing of what was left out: it gets an answer for each feed of the page.
  let next = 0
  const accepted = offers.map((offer) => offer === handedOut[next] && taken[next++] === true)
  const others = anySurplus ? 'over-limit' : reason
  state.effects.push({ type: 'send', message: { type: 'answer', first, accepted, reason: others } })
  for (let i = 0; i < handedOut.length; i++) {
    const offer = handedOut[i] as Incoming
    if (offer.status !== 'handed-out') continue
    if (taken[i]) {
      offer.required = offer.known
      agree(state, offer, 'in', offer.known)
      setDownloadPending(state, offer, !covers(offer.have, offer.required))
      pushTarget(state, offer.feed)
    } else decline(state, offer, chosen[i] ? 'over-limit' : reason)
  }
}

function reportSurplus(state: State, namespace: Namespace) {
  const detail = `Not all that was taken of an offer fits into the limit "channels", ${state.options.channels}.`
  state.effects.push({ type: 'problem', code: 'ERR_OFFER_TOO_LARGE', detail, namespace })
}

function pushTarget(state: State, feed: FeedState) {
  state.effects.push({ type: 'target', key: feed.key, lengths: targetOf(feed) ?? [] })
}

/** Our downloads are complete up to these lengths: tells the peer, where it is news. */
export function downloaded(state: State, feeds: FeedLengths[]) {
  const rows: OfferLengths[] = []
  const asOffered: number[] = []
  for (const { key, lengths } of feeds) {
    const feed = state.feeds.get(key)
    if (!feed) continue
    for (const offer of feed.incoming.values()) {
      if (offer.status !== 'accepted' || covers(offer.have, lengths)) continue
      // Most feeds are caught up once, with what they were offered with.
      if (offer.have === null && isSame(lengths, offer.offered)) asOffered.push(offer.id)
      else rows.push({ id: offer.id, lengths })
      offer.have = lengths
      setDownloadPending(state, offer, !covers(lengths, offer.required))
    }
    updateSynced(state, feed)
  }
  sendCaughtUp(state, rows, asOffered)
}

function sendCaughtUp(state: State, offers: OfferLengths[], asOffered: number[]) {
  asOffered.sort((a, b) => a - b)
  for (
    let start = 0;
    start < asOffered.length || (start === 0 && offers.length > 0);
    start += maxFeedsPerPage
  ) {
    const runs = runsOf(asOffered.slice(start, start + maxFeedsPerPage))
    const message = { type: 'caught-up' as const, offers: start === 0 ? offers : [], asOffered: runs }
    state.effects.push({ type: 'send', message })
  }
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
  if (!allMade(state, 'peer', message.offers)) return
  for (const { id, reason } of message.offers) {
    const offer = state.incoming.get(id)
    if (!offer || offer.status === 'ended') continue
    const seen = offer.status !== 'waiting'
    end(state, offer, reason)
    // Of what the accept handler was never shown, it need not hear.
    if (seen) state.effects.push({ type: 'withdrawn', key: offer.key, namespace: offer.namespace })
  }
}

export function onupdate(state: State, message: UpdateMessage) {
  if (!allMade(state, 'peer', [message])) return
  const offer = state.incoming.get(message.id)
  if (!offer || offer.status === 'ended') return
  if (offer.status !== 'declined') offer.header = message.header
  // The accept handler has not seen the old header yet: it will see the new one.
  if (offer.status === 'waiting') return
  state.effects.push({ type: 'updated', key: offer.key, namespace: offer.namespace, header: message.header })
}

export function onlength(state: State, rows: OfferLengths[]) {
  if (!allMade(state, 'peer', rows)) return
  for (const { id, lengths } of rows) {
    const offer = state.incoming.get(id)
    if (!offer) continue
    offer.known = lengths
    if (offer.status !== 'accepted') continue
    // What the peer has cleared will not come.
    offer.required = atMost(offer.required, lengths)
    setDownloadPending(state, offer, !covers(offer.have, offer.required))
    pushTarget(state, offer.feed)
    updateSynced(state, offer.feed)
  }
}

function violation(state: State, code: 'ERR_PROTOCOL' | 'ERR_TOO_MANY_OFFERS', detail: string) {
  state.effects.push({ type: 'violation', code, detail })
}
