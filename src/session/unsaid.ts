import { type FeedState, targetOf, toldOf } from '../negotiation/state.ts'

/**
 * What hypercore 9 says on a channel and its peer knows already: docs/PROTOCOL.md, "What is left unsaid". Of a feed of
 * one block it is a third of the messages. A peer that is hypercore 9 as it is misses nothing.
 */

export interface Have {
  start: number
  length?: number
  bitfield?: Uint8Array | null
  ack?: boolean
}

export interface Want {
  start: number
  length: number
}

/** What hypercore 9 wants to know first: a request for a block that comes before it says the same. */
export const firstWant: Want = Object.freeze({ start: 0, length: 1024 * 1024 })

export interface Status {
  uploading: boolean
  downloading: boolean
}

/** What the control messages have said of one feed. */
export interface Stated {
  /** Blocks of it that the peer has, from the first on, by its own word: 0 where this end did not take it. */
  readonly has: number
  /** This end offers it too, so the peer may want to know what it has. */
  readonly offered: boolean
  /** Blocks of it that this end has, by each of its offers, which have said nothing else since they were made; else 0. */
  readonly told: number
}

/** By the offers of a core, of one of its feeds. Looked up when it is asked for, as mostly one of the three is. */
export class StatedByOffers implements Stated {
  private readonly offers: FeedState | undefined
  private readonly index: number

  constructor(offers: FeedState | undefined, index: number) {
    this.offers = offers
    this.index = index
  }

  get has(): number {
    return (this.offers && targetOf(this.offers)?.[this.index]) ?? 0
  }

  get offered(): boolean {
    return this.offers !== undefined && this.offers.outgoing.size > 0
  }

  get told(): number {
    return (this.offers && toldOf(this.offers)?.[this.index]) ?? 0
  }
}

/** Of a feed that no control message speaks of. */
export const nothingStated: Stated = Object.freeze({ has: 0, offered: true, told: 0 })

/**
 * Whether the peer knows of these blocks, or is about to hear of them.
 * @param question what the peer asked, while that is being answered: hypercore announces the last block, and then sends
 *   the bits of all that was asked about, that one among them
 */
export function isKnown(
  { start, length, bitfield, ack }: Have,
  question: Want | null,
  channel: { stated(): Stated },
): boolean {
  if (bitfield || ack) return false
  if (question) return start >= question.start && start < question.start + question.length
  // What the peer has itself it need not hear of.
  const stated = channel.stated()
  return !stated.offered && start + (length || 1) <= stated.has
}
