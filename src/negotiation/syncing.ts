import type { ErrorCode } from '../errors.ts'
import type { EndReason } from '../wire/messages.ts'
import { endErrors, mentioned, offersOf } from './agreement.ts'
import type { SyncedFeed, SyncFilter } from './events.ts'
import { atMost, covers } from './lengths.ts'
import type { FeedState, Goal, Incoming, Outgoing, State, SyncWaiter } from './state.ts'

/**
 * "Synced": every offer made or received until now is answered, and every agreement is caught up to the lengths
 * known at that moment. Two steps: first a barrier (all answers), then goals (lengths), so that it is never said early.
 */
export function awaitSync(state: State, id: number, filter: SyncFilter) {
  const shares = new Set(state.shares.keys())
  state.waiters.set(id, { filter, shares, before: state.nextIncoming, goals: null, reached: 0 })
}

export function checkWaiters(state: State) {
  for (const [id, waiter] of state.waiters) {
    if (!waiter.goals && barrierPassed(state, waiter)) setGoals(state, id, waiter)
    if (waiter.goals && state.waiters.has(id)) checkGoals(state, id, waiter)
  }
}

function barrierPassed(state: State, waiter: SyncWaiter): boolean {
  if (!state.peer || !state.batchSent || state.peerBatchEnd === null) return false
  for (const share of waiter.shares) {
    if (state.shares.has(share)) return false
    waiter.shares.delete(share)
  }
  const before = Math.max(waiter.before, state.peerBatchEnd)
  for (const first of state.receivedPages.keys()) if (first < before) return false
  return true
}

function setGoals(state: State, id: number, waiter: SyncWaiter) {
  const { keys } = waiter.filter
  const goals: Goal[] = []
  const add = (offer: Outgoing | Incoming) => {
    if (offer.status !== 'accepted' || !matches(offer, waiter.filter)) return
    goals.push({ offer, lengths: isUpload(offer) ? offer.lengths : mentioned(offer) })
  }
  const addFeed = ({ outgoing, incoming }: FeedState) => {
    outgoing.each(add)
    incoming.each(add)
  }
  if (!keys) state.feeds.forEach(addFeed)
  for (const key of keys ?? []) {
    const feed = state.feeds.get(key)
    const before = goals.length
    if (feed) addFeed(feed)
    if (goals.length > before) continue
    const matching = feed ? offersOf(feed).filter((offer) => matches(offer, waiter.filter)) : []
    // Offered since the question was asked: its answer decides.
    if (matching.some(isUnanswered)) return
    return fail(state, id, codeWithout(matching), key)
  }
  waiter.goals = goals
}

function isUnanswered({ status }: Outgoing | Incoming): boolean {
  return status !== 'accepted' && status !== 'declined' && status !== 'ended'
}

/** Why no agreement stands on a feed of which these offers are over. */
function codeWithout(offers: (Outgoing | Incoming)[]): ErrorCode {
  const last = offers.at(-1)
  if (!last) return 'ERR_NOT_OFFERED'
  return last.status === 'ended' ? endErrors[last.reason as EndReason] : 'ERR_DECLINED'
}

function checkGoals(state: State, id: number, waiter: SyncWaiter) {
  const goals = waiter.goals ?? []
  for (; waiter.reached < goals.length; waiter.reached++) {
    const { offer, lengths } = goals[waiter.reached] as Goal
    if (offer.status !== 'ended') {
      if (!hasGoal(offer, lengths)) return
    } else if (offer.reason !== 'withdrawn' || waiter.filter.keys) {
      return fail(state, id, endErrors[offer.reason as EndReason], offer.key)
    }
  }
  state.waiters.delete(id)
  const feeds = goals.filter(({ offer }) => offer.status === 'accepted').map(report)
  state.effects.push({ type: 'synced', waiter: id, feeds })
}

/** Blocks that were cleared after the question cannot come any more. */
function hasGoal(offer: Outgoing | Incoming, lengths: number[]): boolean {
  return isUpload(offer)
    ? covers(offer.caughtUp, atMost(lengths, offer.lengths))
    : covers(offer.have, atMost(lengths, offer.known))
}

function report({ offer, lengths }: Goal): SyncedFeed {
  return { key: offer.key, namespace: offer.namespace, direction: isUpload(offer) ? 'out' : 'in', lengths }
}

function fail(state: State, id: number, code: ErrorCode, key: string) {
  state.waiters.delete(id)
  state.effects.push({ type: 'sync-failed', waiter: id, code, key })
}

function isUpload(offer: Outgoing | Incoming): offer is Outgoing {
  return 'told' in offer
}

function matches(offer: Outgoing | Incoming, { namespace, direction }: SyncFilter): boolean {
  if (namespace !== undefined && offer.namespace !== namespace) return false
  return direction === undefined || direction === (isUpload(offer) ? 'out' : 'in')
}
