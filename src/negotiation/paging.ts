import { fromHex } from '../bytes.ts'
import { maxFeedsPerPage } from '../wire/limits.ts'
import type { OfferMessage } from '../wire/messages.ts'
import { decline } from './agreement.ts'
import { beginPage } from './begin-page.ts'
import { reconcile } from './comparing.ts'
import { feedBytes, misfit, pageOverhead } from './fitting.ts'
import { settleOffer } from './outgoing.ts'
import { flushRecalls } from './recall-paging.ts'
import { roomOf } from './room.ts'
import type { Outgoing, State } from './state.ts'

/** Offers travel in pages, and only so many pages are on their way without an answer. */

/** Cuts pages from the queue while the peer takes more; then says, once, that the first batch is out. */
export function flush(state: State) {
  const { peer } = state
  // What the peer remembers goes first.
  if (!peer || !reconcile(state) || !flushRecalls(state)) return
  let start = 0
  while (start < state.queue.length && state.sentPages.size < peer.limits.offersOutstanding) {
    const next = sendPage(state, start)
    if (next === start) break
    start = next
  }
  if (start > 0) state.queue = state.queue.slice(start)
  if (state.batchSent || state.firstBatch.size > 0 || state.queue.length > 0) return
  state.batchSent = true
  state.effects.push({ type: 'send', message: { type: 'batch' } })
}

/** Sends one page of offers of one namespace, from `start` in the queue; gives the index after them. */
function sendPage(state: State, start: number): number {
  const limits = state.peer?.limits as NonNullable<State['peer']>['limits']
  const namespace = (state.queue[start] as Outgoing).namespace
  const most = Math.min(limits.feedsPerPage, maxFeedsPerPage)
  const overhead = pageOverhead(namespace)
  const hasRoom = roomOf(state)
  const page: Outgoing[] = []
  let bytes = overhead
  let index = start
  for (; index < state.queue.length && page.length < most; index++) {
    const offer = state.queue[index] as Outgoing
    if (offer.namespace !== namespace) break
    const size = feedBytes(offer)
    const tooLarge = overhead + size > limits.pageBytes ? 'An offer is larger than a page of the peer.' : null
    const problem = misfit(offer.header, limits) ?? tooLarge
    if (problem) {
      refuse(state, offer, problem)
      continue
    }
    if (bytes + size > limits.pageBytes) break
    if (!hasRoom(offer)) {
      // An answer may make room.
      if (page.length > 0 || state.sentPages.size > 0) break
      refuse(state, offer, `The limit "channels" of this side, ${state.options.channels}, is reached.`)
      continue
    }
    bytes += size
    page.push(offer)
  }
  if (page.length > 0) send(state, namespace, page)
  return index
}

function refuse(state: State, offer: Outgoing, detail: string) {
  const { key, namespace } = offer
  decline(state, offer, 'over-limit')
  state.effects.push({ type: 'problem', code: 'ERR_OFFER_TOO_LARGE', detail, key, namespace })
  settleOffer(state, offer)
}

function send(state: State, namespace: OfferMessage['namespace'], page: Outgoing[]) {
  const first = beginPage(state, page)
  state.effects.push({
    type: 'send',
    message: {
      type: 'offer',
      first,
      namespace,
      keys: page.map((offer) => fromHex(offer.key) as Uint8Array),
      lengths: page.map((offer) => offer.lengths),
      headers: page.map((offer) => offer.header),
    },
  })
}
