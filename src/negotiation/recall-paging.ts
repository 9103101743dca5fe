import { maxFeedsPerPage } from '../wire/limits.ts'
import { runsOf } from '../wire/runs.ts'
import { beginPage } from './begin-page.ts'
import type { Recalls, Snapshot } from './comparing.ts'
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
    if (next.next === next.index.count) recalls.shift()
    // An answer may make room.
    else if (page.length === 0) return false
  }
  return true
}

/** The places in our index of what goes on the next page. */
function takePage(state: State, recalls: Recalls, most: number): number[] {
  const hasRoom = roomOf(state)
  const { index, places } = recalls
  const page: number[] = []
  for (; recalls.next < index.count && page.length < most; recalls.next++) {
    const at = recalls.next
    const offer = index.items[at] as Outgoing
    if (places[at] === -1 || offer.status !== 'queued') continue
    if (!isAsCompared(offer, recalls.snapshot, at)) state.queue.push(offer)
    else if (hasRoom(offer)) page.push(at)
    else if (page.length > 0 || state.sentPages.size > 0) return page
    // The queue tells why it can not be offered.
    else state.queue.push(offer)
  }
  return page
}

function isAsCompared(offer: Outgoing, { headers, lengths }: Snapshot, at: number): boolean {
  const before = lengths[at] as readonly number[]
  if (offer.header !== headers[at]) return false
  return offer.lengths === before || offer.lengths.join() === before.join()
}

function send(state: State, { section, index, places }: Recalls, page: number[]) {
  const first = beginPage(
    state,
    page.map((at) => index.items[at] as Outgoing),
  )
  const runs = runsOf(page.map((at) => places[at] as number))
  const check = index.check(runsOf(page))
  state.effects.push({ type: 'send', message: { type: 'recall', first, section, runs, check } })
}
