import { equalBytes } from '../bytes.ts'
import { maxRangeBits, maxRangesAsked, printBytes, splitBits } from '../wire/limits.ts'
import type { Header, MemoryMessage, MemorySection, RangesMessage } from '../wire/messages.ts'
import { runsOf } from '../wire/runs.ts'
import type { Namespace } from './events.ts'
import { type Fingerprint, RangeIndex } from './range-index.ts'
import { recallInOrder } from './recall-in-order.ts'
import { leastRemembered, mostRemembered } from './recollection.ts'
import type { Outgoing, State } from './state.ts'

/**
 * The offering side of a reconnect: it compares what it is about to offer with what the peer remembers, range by range,
 * and then recalls what both have instead of offering it. Nothing is offered meanwhile.
 */

/** Offers in a range of the first division, on average: one range that differs is no more than a few bytes then. */
const itemsPerRange = 64
/** Of the ranges of a division: where more than that many differ, the whole offer is as good. */
const mostDiffering = 0.9

/** A range of which the peer has listed the items. */
interface Listed {
  from: number
  to: number
  names: Uint8Array
}

/** One section of the peer's memory, compared with what we offer in its namespace. */
export interface Comparison {
  readonly place: number
  /** How many offers the peer remembers. */
  readonly count: number
  readonly index: RangeIndex<Outgoing>
  readonly snapshot: Snapshot
  readonly listed: Listed[]
  /** Ranges that we asked for, and that are not told yet. */
  asked: { bits: number; prefixes: number[] } | null
}

/** Offers that the peer remembers. */
export interface Recalls {
  readonly section: number
  readonly items: readonly Outgoing[]
  /** Where the peer has each of the items; -1: nowhere. Ascending. */
  readonly places: Int32Array
  /** Whether an item is as it was when it was compared, or as the peer remembers it. */
  isUnchanged(at: number): boolean
  /** The check of a page of these items. */
  check(page: readonly number[]): Uint8Array
  /** The next that is to be recalled. */
  next: number
}

/** What an offer said of each feed: both can change later. */
export interface Snapshot {
  readonly headers: readonly Header[]
  readonly lengths: readonly (readonly number[])[]
}

export function onmemory(state: State, { sections }: MemoryMessage) {
  if (!state.peer?.remembers || state.peerMemory)
    return violation(state, 'A memory came that was not announced.')
  state.peerMemory = sections
}

/** Goes on as far as it can; gives whether offers may go out. */
export function reconcile(state: State): boolean {
  if (state.reconciling === 'waiting' && state.peerMemory && state.firstBatch.size === 0) {
    state.reconciling = 'comparing'
    for (const [place, section] of state.peerMemory.entries()) compare(state, place, section)
  }
  if (state.reconciling === 'comparing' && state.comparisons.size === 0) state.reconciling = 'over'
  return state.reconciling === 'over'
}

/** What waits to be compared takes too long: all of it is offered as it is. */
export function hurry(state: State) {
  if (state.reconciling === 'waiting') state.reconciling = 'over'
}

function compare(state: State, place: number, section: MemorySection) {
  const { namespace, count } = section
  const offers = offersIn(state, namespace)
  if (offers.length < leastRemembered || offers.length > 2 * count) return
  if (recallInOrder(state, place, section)) return
  const index = new RangeIndex(offers, state.fingerprint as Fingerprint)
  const { items } = index
  const snapshot = {
    headers: items.map(({ header }) => header),
    lengths: items.map(({ lengths }) => lengths),
  }
  const comparison: Comparison = { place, count, index, snapshot, listed: [], asked: null }
  state.comparisons.set(place, comparison)
  // The answer divides these ranges once more.
  const bits = Math.max(0, bitsFor(count) - splitBits)
  const all = Array.from({ length: 2 ** bits }, (_, prefix) => prefix)
  ask(state, comparison, bits, all)
}

/** Bits that divide so many offers into ranges of about {@link itemsPerRange}. */
function bitsFor(count: number): number {
  return Math.max(0, Math.ceil(Math.log2(Math.min(count, mostRemembered) / itemsPerRange)))
}

function offersIn(state: State, namespace: Namespace): Outgoing[] {
  return state.queue.filter((offer) => offer.namespace === namespace && offer.status === 'queued')
}

function ask(state: State, comparison: Comparison, bits: number, prefixes: number[]) {
  const { place } = comparison
  if (prefixes.length === 0) return finish(state, comparison)
  // So much differs that it is not worth it.
  if (prefixes.length > maxRangesAsked || bits > maxRangeBits) return giveUp(state, comparison)
  comparison.asked = { bits, prefixes }
  state.effects.push({ type: 'send', message: { type: 'compare', section: place, bits, prefixes } })
}

export function onranges(state: State, { section, parts }: RangesMessage) {
  const comparison = state.comparisons.get(section)
  const asked = comparison?.asked
  if (!comparison || asked?.prefixes.length !== parts.length)
    return violation(state, 'Ranges came that were not asked for.')
  const { index, listed } = comparison
  comparison.asked = null
  const next: number[] = []
  for (const [i, { divided, prints }] of parts.entries()) {
    const prefix = asked.prefixes[i] as number
    if (divided) {
      if (asked.bits + splitBits > maxRangeBits) return violation(state, 'A range was divided too far.')
      for (const part of differing(index.partsOf(asked.bits, prefix), prints))
        next.push(prefix * 2 ** splitBits + part)
    } else {
      const [from, to] = index.rangeOf(asked.bits, prefix)
      listed.push({ from, to, names: prints })
    }
  }
  const bits = asked.bits + splitBits
  if (next.length > 1 + mostDiffering * 2 ** bits) return giveUp(state, comparison)
  ask(state, comparison, bits, next)
}

/** Recalls what both have. Between the ranges that are listed all is alike, so that places can be counted. */
function finish(state: State, comparison: Comparison) {
  const { index, snapshot, listed, count, place: section } = comparison
  state.comparisons.delete(section)
  const places = new Int32Array(index.count).fill(-1)
  let at = 0
  let place = 0
  const pass = (end: number) => {
    while (at < end) places[at++] = place++
  }
  for (const { from, to, names } of listed.sort((a, b) => a.from - b.from || a.to - b.to)) {
    pass(from)
    for (const { ours, theirs } of matches(index, from, to, names)) places[ours] = place + theirs
    place += names.length / printBytes
    at = to
  }
  pass(index.count)
  // A fingerprint lied, by chance or on purpose.
  if (place !== count) return
  const recalled = new Set(index.items.filter((_, at) => (places[at] as number) >= 0))
  state.queue = state.queue.filter((offer) => !recalled.has(offer))
  state.recalls.push({
    section,
    items: index.items,
    places,
    isUnchanged: (at) => isAsCompared(index.items[at] as Outgoing, snapshot, at),
    check: (page) => index.check(runsOf(page)),
    next: 0,
  })
}

function isAsCompared(offer: Outgoing, { headers, lengths }: Snapshot, at: number): boolean {
  const before = lengths[at] as readonly number[]
  if (offer.header !== headers[at]) return false
  return offer.lengths === before || offer.lengths.join() === before.join()
}

function matches(index: RangeIndex<Outgoing>, from: number, to: number, names: Uint8Array) {
  const own = index.namesOf(from, to)
  const found: { ours: number; theirs: number }[] = []
  const nameAt = (row: Uint8Array, i: number) => row.subarray(i * printBytes, (i + 1) * printBytes).join()
  const theirs = new Map<string, number>()
  for (let i = 0; i * printBytes < names.length; i++) theirs.set(nameAt(names, i), i)
  let last = -1
  for (let i = from; i < to; i++) {
    const place = theirs.get(nameAt(own, i - from))
    if (place === undefined || place <= last) continue
    found.push({ ours: i, theirs: place })
    last = place
  }
  return found
}

function giveUp(state: State, { place }: Comparison) {
  state.comparisons.delete(place)
}

function violation(state: State, detail: string) {
  state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
}

/** The places of the fingerprints in which two rows of them differ. */
function differing(ours: Uint8Array, theirs: Uint8Array): number[] {
  const places: number[] = []
  for (let i = 0; i * printBytes < ours.length; i++) {
    const [from, to] = [i * printBytes, (i + 1) * printBytes]
    if (!equalBytes(ours.subarray(from, to), theirs.subarray(from, to))) places.push(i)
  }
  return places
}
