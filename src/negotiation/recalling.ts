import { equalBytes } from '../bytes.ts'
import { maxRangeBits, printBytes, splitBits } from '../wire/limits.ts'
import type { CompareMessage, RangesMessage, RecallMessage } from '../wire/messages.ts'
import { countOf } from '../wire/runs.ts'
import type { Namespace } from './events.ts'
import { receivePage } from './incoming.ts'
import { type Fingerprint, type Offered, RangeIndex } from './range-index.ts'
import type { Recollection } from './recollection.ts'
import type { State } from './state.ts'

/** The accepting side of a reconnect: it says what it remembers of the peer's offers, and has pages of it recalled. */

/** Offers in a range of the first division, on average: one range that differs is no more than a few bytes then. */
const itemsPerRange = 64
/** Items up to which a range is listed, and not divided. */
const itemsListed = 12
/** How often a section can be compared: each time divides it further. */
const mostCompares = 16

/** One namespace of what is remembered. */
export interface Section {
  readonly namespace: Namespace
  readonly index: RangeIndex<Offered>
  /** How often it was compared. */
  compares: number
}

/** What we remember of the peer: tells it. */
export function remember(state: State, recollection: Recollection | null, fingerprint: Fingerprint) {
  state.fingerprint = fingerprint
  if (!recollection) return
  state.memory = [...recollection].map(([namespace, offers]) => {
    return { namespace, index: new RangeIndex(offers, fingerprint), compares: 0 }
  })
  const sections = state.memory.map(({ namespace, index }) => {
    const bits = bitsFor(index.count)
    return { namespace, count: index.count, bits, prints: index.prints(bits) }
  })
  state.effects.push({ type: 'send', message: { type: 'memory', sections } })
}

/** Bits that divide so many offers into ranges of about {@link itemsPerRange}. */
function bitsFor(count: number): number {
  return Math.max(0, Math.ceil(Math.log2(count / itemsPerRange)))
}

export function oncompare(state: State, { section: place, bits, prefixes }: CompareMessage) {
  const section = state.memory[place]
  if (!section) return violation(state, `There is no section ${place} to compare.`)
  if (++section.compares > mostCompares)
    return violation(state, `A section was compared more than ${mostCompares} times.`)
  const { index } = section
  const parts = prefixes.map((prefix): RangesMessage['parts'][number] => {
    const [from, to] = index.rangeOf(bits, prefix)
    const divided = to - from > itemsListed && bits + splitBits <= maxRangeBits
    return { divided, prints: divided ? index.partsOf(bits, prefix) : index.namesOf(from, to) }
  })
  state.effects.push({ type: 'send', message: { type: 'ranges', section: place, parts } })
}

export function onrecall(state: State, { first, section: place, runs, check }: RecallMessage) {
  const section = state.memory[place]
  const last = runs.at(-1)
  if (!section || !last || last.from + last.count > section.index.count)
    return violation(state, 'A page recalls offers that are not remembered.')
  const most = state.options.limits.feedsPerPage
  if (countOf(runs) > most) {
    const detail = `A page recalls ${countOf(runs)} offers, ${most} are allowed.`
    state.effects.push({ type: 'violation', code: 'ERR_OFFER_TOO_LARGE', detail })
    return
  }
  const { index, namespace } = section
  if (!equalBytes(index.check(runs), check))
    return violation(state, 'A page recalls other offers than are remembered.')
  const offered = runs.flatMap(({ from, count }) => index.items.slice(from, from + count))
  receivePage(state, first, namespace, offered)
}

/** The peer's first batch is complete: nothing more is recalled. */
export function forgetMemory(state: State) {
  state.memory = []
}

function violation(state: State, detail: string) {
  state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
}

/** The places of the fingerprints in which two rows of them differ. */
export function differing(ours: Uint8Array, theirs: Uint8Array): number[] {
  const places: number[] = []
  for (let i = 0; i * printBytes < ours.length; i++) {
    const [from, to] = [i * printBytes, (i + 1) * printBytes]
    if (!equalBytes(ours.subarray(from, to), theirs.subarray(from, to))) places.push(i)
  }
  return places
}
