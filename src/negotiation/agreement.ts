import type { ErrorCode } from '../errors.ts'
import type { AnswerReason, EndReason } from '../wire/messages.ts'
import { atLeast, covers } from './lengths.ts'
import { rememberOver } from './remembering.ts'
import { recount } from './room.ts'
import type { FeedState, Incoming, Outgoing, State } from './state.ts'

/** An agreement stands while an accepted offer is neither withdrawn nor released. These keep the count of them. */

export function agree(state: State, offer: Outgoing | Incoming, direction: 'in' | 'out', lengths: number[]) {
  const { feed } = offer
  offer.status = 'accepted'
  offer.reason = null
  feed.agreements++
  recount(state, feed)
  state.effects.push({ type: 'agreed', key: offer.key, namespace: offer.namespace, direction, lengths })
  if (feed.agreements === 1) state.effects.push({ type: 'open-feed', key: offer.key })
  updateSynced(state, feed)
}

/** The error that the end of an offer is to whoever counted on it. */
export const endErrors: Record<EndReason, ErrorCode> = {
  withdrawn: 'ERR_WITHDRAWN',
  'core-failed': 'ERR_CORE_FAILED',
  'core-closed': 'ERR_CORE_CLOSED',
  'over-limit': 'ERR_OFFER_TOO_LARGE',
}

export function decline(state: State, offer: Outgoing | Incoming, reason: AnswerReason) {
  offer.status = 'declined'
  offer.reason = reason
  recount(state, offer.feed)
  rememberOver(state, offer)
}

/** Whether nothing more can come of an offer. */
export function isOver({ status }: Outgoing | Incoming): boolean {
  return status === 'declined' || status === 'ended'
}

/** Ends an offer whatever its status; closes the feed when it was the last agreement on it. */
export function end(state: State, offer: Outgoing | Incoming, reason: EndReason) {
  const wasAccepted = offer.status === 'accepted'
  const wasOver = isOver(offer)
  offer.status = 'ended'
  offer.reason = reason
  if ('told' in offer) setUploadPending(state, offer, false)
  else setDownloadPending(state, offer, false)
  if (wasAccepted) disagree(state, offer.feed)
  // Who waits for this offer, too, hears of it: all that it waits for is looked at again.
  for (const waiter of state.waiters.values()) waiter.reached = 0
  recount(state, offer.feed)
  if (!wasOver) rememberOver(state, offer)
}

function disagree(state: State, feed: FeedState) {
  feed.agreements--
  if (feed.agreements === 0) state.effects.push({ type: 'close-feed', key: feed.key })
  updateSynced(state, feed)
}

export function setUploadPending(state: State, offer: Outgoing, pending: boolean) {
  if (offer.pending === pending) return
  offer.pending = pending
  state.pendingUploads += pending ? 1 : -1
}

export function setDownloadPending(state: State, offer: Incoming, pending: boolean) {
  if (offer.pending === pending) return
  offer.pending = pending
  state.pendingDownloads += pending ? 1 : -1
}

/** Whether the accepting side of an accepted offer has all that the offering side has. */
export function isSynced(offer: Outgoing | Incoming): boolean {
  if (offer.status !== 'accepted') return false
  return 'told' in offer ? covers(offer.caughtUp, offer.lengths) : covers(offer.have, offer.known)
}

/**
 * Says so each time a feed becomes caught up in all its agreements. Blocks can arrive before the word of them: then it
 * was caught up all the time, and becomes so again with the word.
 */
export function updateSynced(state: State, feed: FeedState) {
  const length = syncedLength(feed)
  const synced = length !== null
  const news = synced && (!feed.synced || length > feed.syncedLength)
  feed.synced = synced
  if (!news) return
  feed.syncedLength = length
  state.effects.push({ type: 'sync', key: feed.key })
}

/** The most blocks that an agreement is about, where all of them are caught up; null where not. */
function syncedLength(feed: FeedState): number | null {
  if (feed.agreements === 0) return null
  if (feed.outgoing.some(isBehind) || feed.incoming.some(isBehind)) return null
  return Math.max(feed.outgoing.most(agreedLength), feed.incoming.most(agreedLength))
}

function isBehind(offer: Outgoing | Incoming): boolean {
  return offer.status === 'accepted' && !isSynced(offer)
}

/** Blocks that an agreement is about: those of the offering side, as far as this side knows. */
function agreedLength(offer: Outgoing | Incoming): number {
  if (offer.status !== 'accepted') return 0
  const lengths = 'told' in offer ? offer.lengths : mentioned(offer)
  return lengths.length === 1 ? (lengths[0] as number) : lengths.reduce((sum, length) => sum + length, 0)
}

/**
 * What the two sides have told each other of an offer, the same at both ends: of what the accepting side has got the
 * offering side tells nothing more.
 */
export function mentioned(offer: Outgoing | Incoming): number[] {
  return 'told' in offer ? atLeast(offer.told, offer.caughtUp) : atLeast(offer.known, offer.have)
}

/** The latest offers of a feed: one a namespace and side. */
export function offersOf(feed: FeedState): (Outgoing | Incoming)[] {
  return [...feed.outgoing.values(), ...feed.incoming.values()]
}

/** The accepted offers of a feed. */
export function standing(feed: FeedState): (Outgoing | Incoming)[] {
  return offersOf(feed).filter((offer) => offer.status === 'accepted')
}
