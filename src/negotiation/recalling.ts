import { equalBytes } from '../bytes.ts'
import { maxRangeBits, splitBits } from '../wire/limits.ts'
import type { CompareMessage, RangesMessage, RecallMessage } from '../wire/messages.ts'
import { countOf } from '../wire/runs.ts'
import type { Namespace } from './events.ts'
import { receivePage } from './incoming.ts'
import { type Fingerprint, type Offered, RangeIndex } from './range-index.ts'
import type { Recollection } from './recollection.ts'
import { Sequence } from './sequence.ts'
import type { State } from './state.ts'

/** The accepting side of a reconnect: it says what it remembers of the peer's offers, and has pages of it recalled. */

/** Items up to which a range is listed, and not divided. */
const itemsListed = 12
/** How often a section can be compared: each time divides it further. */
const mostCompares = 16

/** One namespace of what is remembered. */
export interface Section {
  readonly namespace: Namespace
  readonly sequence: Sequence
  /** Where it is compared: then places are those in it, and no longer those in the sequence. */
  index: RangeIndex<Offered> | null
  /** How often it was compared. */
  compares: number
}

/** What we remember of the peer: tells it. */
export function remember(
  state: State,
  recollection: Recollection | null,
  taken: Recollection,
  fingerprint: Fingerprint,
) {
  state.fingerprint = fingerprint
  state.taken = taken
  if (!recollection) return
  state.memory = [...recollection].map(([namespace, offers]) => {
    return { namespace, sequence: new Sequence(offers, fingerprint), index: null, compares: 0 }
  })
  const sections = state.memory.map(({ namespace, sequence: { offers, print } }) => {
    return { namespace, count: offers.length, print }
  })
  state.effects.push({ type: 'send', message: { type: 'memory', sections } })
}

export function oncompare(state: State, { section: place, bits, prefixes }: CompareMessage) {
  const section = state.memory[place]
  if (!section) return violation(state, `There is no section ${place} to compare.`)
  if (++section.compares > mostCompares)
    return violation(state, `A section was compared more than ${mostCompares} times.`)
  section.index ??= new RangeIndex(section.sequence.offers, state.fingerprint as Fingerprint)
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
  if (!section || !last || last.from + last.count > section.sequence.offers.length)
    return violation(state, 'A page recalls offers that are not remembered.')
  const most = state.options.limits.feedsPerPage
  if (countOf(runs) > most) {
    const detail = `A page recalls ${countOf(runs)} offers, ${most} are allowed.`
    state.effects.push({ type: 'violation', code: 'ERR_OFFER_TOO_LARGE', detail })
    return
  }
  const { index, sequence, namespace } = section
  if (!equalBytes(index ? index.check(runs) : sequence.proof, check))
    return violation(state, 'A page recalls other offers than are remembered.')
  const offers = index ? index.items : sequence.offers
  const offered = runs.flatMap(({ from, count }) => offers.slice(from, from + count))
  receivePage(state, first, namespace, offered)
}

/** The peer's first batch is complete: nothing more is recalled. */
export function forgetMemory(state: State) {
  state.memory = []
}

function violation(state: State, detail: string) {
  state.effects.push({ type: 'violation', code: 'ERR_PROTOCOL', detail })
}
