import { maxFeedsPerPage } from '../wire/limits.ts'
import { runsOf } from '../wire/runs.ts'
import { beginPage } from './begin-page.ts'
import type { Recalls } from './comparing.ts'
import { roomOf } from './room.ts'
import type { Outgoing, State } from './state.ts'

/** Pages of offers that the peer remembers: as other pages, but that it has what is on them. */

/** Sends what is to be recalled, as far as the peer takes pages; gives whether that is all. */
export function flushRecalls(state: State): boolean {
  const { peer, recalls } = state
  while (recalls.length > 0) {
    if (!peer || state.sentPages.size >= peer.limits.offersOutstanding) return false
    const next = recalls[0] as Recalls
    const page = takePage(state, next, Math.min(peer.limits.feedsPerPage, maxFeedsPerPage))
    if (page.length > 0) send(state, next, page)
    if (next.next === next.items.length) recalls.shift()
    // An answer may make room.
    else if (page.length === 0) return false
  }
  return true
}

/** The items that go on the next page, by their places in ours. */
function takePage(state: State, recalls: Recalls, most: number): number[] {
  const hasRoom = roomOf(state)
  const { items, places } = recalls
  const page: number[] = []
  for (; recalls.next < items.length && page.length < most; recalls.next++) {
    const at = recalls.next
    const offer = items[at] as Outgoing
    if (places[at] === -1 || offer.status !== 'queued') continue
    if (!recalls.isUnchanged(at)) state.queue.push(offer)
    else if (hasRoom(offer)) page.push(at)
    else if (page.length > 0 || state.sentPages.size > 0) return page
    // The queue tells why it can not be offered.
    else state.queue.push(offer)
  }
  return page
}

function send(state: State, recalls: Recalls, page: number[]) {
  const { section, items, places } = recalls
  const first = beginPage(
    state,
    page.map((at) => items[at] as Outgoing),
  )
  const runs = runsOf(page.map((at) => places[at] as number))
  const check = recalls.check(page)
  state.effects.push({ type: 'send', message: { type: 'recall', first, section, runs, check } })
}
