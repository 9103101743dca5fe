import { toHex } from '../../src/bytes.ts'
import type { Direction, HexKey, Namespace } from '../../src/negotiation/events.ts'
import type { ControlMessage, EndedOffer, OfferLengths } from '../../src/wire/messages.ts'

/** One offer as an onlooker sees it. */
export interface Entry {
  id: number
  key: HexKey
  namespace: Namespace
  direction: Direction
  status: 'open' | 'accepted' | 'declined' | 'ended'
  /** What the offering side said when it made the offer. */
  offered: number
  /** What the offering side said last. */
  told: number
  /** What it was when the acceptance was sent or arrived, less what was cleared: the end of a one-shot session waits for it. */
  required: number
  /** What the accepting side said that it has; -1 before. */
  have: number
}

/**
 * What one end agreed on, found in the naive way: by reading every message that it sends and receives, in order.
 * Knows nothing of the code under test.
 */
export class Ledger {
  readonly out = new Map<number, Entry>()
  readonly in = new Map<number, Entry>()
  readonly unanswered = { out: new Set<number>(), in: new Set<number>() }
  readonly pages = { out: 0, in: 0 }
  readonly batch = { out: false, in: false }
  /** The length of a core of this end. */
  readonly #length: (key: HexKey) => number

  constructor(length: (key: HexKey) => number) {
    this.#length = length
  }

  /** @param by who sent the message: 'out' this end, 'in' the other */
  read(message: ControlMessage, by: Direction) {
    const mine = by
    const other = by === 'out' ? 'in' : 'out'
    switch (message.type) {
      case 'offer':
        this.pages[mine]++
        this.unanswered[mine].add(message.first)
        for (const [i, bytes] of message.keys.entries()) {
          const id = message.first + i
          const told = message.lengths[i]?.[0] as number
          const entry = {
            id,
            key: toHex(bytes),
            namespace: message.namespace,
            direction: mine,
            offered: told,
            told,
          }
          this[mine].set(id, { ...entry, status: 'open', required: told, have: -1 })
        }
        return
      case 'batch':
        this.batch[mine] = true
        return
      case 'answer':
        this.unanswered[other].delete(message.first)
        for (const [i, accepted] of message.accepted.entries()) {
          const entry = this[other].get(message.first + i) as Entry
          if (entry.status !== 'open') continue
          entry.status = accepted ? 'accepted' : 'declined'
          entry.required = entry.direction === 'out' ? this.#length(entry.key) : entry.told
        }
        return
      case 'withdraw':
        return this.#end(this[mine], message.offers)
      case 'release':
        return this.#end(this[other], message.offers)
      case 'length':
        this.#lengths(this[mine], message.offers, 'told')
        if (mine === 'in') this.#require(({ direction }) => direction === 'in')
        return
      case 'caught-up':
        for (const { from, count } of message.asOffered) {
          const ids = Array.from({ length: count }, (_, i) => from + i)
          const rows = ids.map((id) => ({ id, lengths: [(this[other].get(id) as Entry).offered] }))
          this.#lengths(this[other], rows, 'have')
        }
        return this.#lengths(this[other], message.offers, 'have')
    }
  }

  /** Blocks of a core of this end were cleared. */
  cleared(key: HexKey) {
    this.#require((entry) => entry.direction === 'out' && entry.key === key)
  }

  /** Nobody waits for more than the offering side has. */
  #require(concerned: (entry: Entry) => boolean) {
    for (const entry of this.standing()) {
      if (concerned(entry)) entry.required = Math.min(entry.required, this.goal(entry))
    }
  }

  #end(entries: Map<number, Entry>, ended: EndedOffer[]) {
    for (const { id } of ended) (entries.get(id) as Entry).status = 'ended'
  }

  #lengths(entries: Map<number, Entry>, rows: OfferLengths[], field: 'told' | 'have') {
    for (const { id, lengths } of rows) (entries.get(id) as Entry)[field] = lengths[0] as number
  }

  /** The agreements that stand. */
  standing(): Entry[] {
    return [...this.out.values(), ...this.in.values()].filter(({ status }) => status === 'accepted')
  }

  pending(direction: Direction): number {
    return this.standing().filter((e) => e.direction === direction && e.have < e.required).length
  }

  /** What a feed has to reach for an agreement to be caught up, as far as this end knows. */
  goal(entry: Entry): number {
    return entry.direction === 'out' ? this.#length(entry.key) : entry.told
  }
}
