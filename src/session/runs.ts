import type { Requester } from './requester.ts'

/** Blocks that lie beside each other, below one node of the tree, and are asked for before others are. A power of two. */
const groupSize = 64
/** Groups that are asked for one after the other before the next place is drawn. */
const runLength = 8
/**
 * The places in a group, in the order in which they are asked for: each is as far as can be from those before it. With
 * neighbours on their way at a time each answer has to bring the same nodes of the tree again, some five for each block;
 * when the first of a group have brought those that they share, others need one or none.
 */
const places = Array.from({ length: groupSize }, (_, i) => reversed(i))

/** What hypercore 9.12 (lib/replicate.js) has inside its side of a channel. */
interface Chooser extends Requester {
  /** Over the blocks that the peer has and this end has not. */
  _iterator: BlockIterator
  readonly remoteBitfield: Bits
  readonly remoteLength: number
  readonly feed: Requester['feed'] & { readonly _reserved: Bits }
  _downloadRange(range: Range): void
}

interface BlockIterator {
  seek(index: number): BlockIterator
  next(value: boolean): number
}

interface Bits {
  get(index: number): boolean
}

interface Range {
  readonly start: number
  /** -1: open. */
  readonly end: number
  readonly linear?: boolean
  /** Looks for a byte, by this offset. */
  readonly bytes?: number
  readonly hash?: boolean
}

/**
 * hypercore draws each block that it asks for by lot, so that peers of one feed get different ones to pass on. Here the
 * lot draws where a run of blocks begins: they share most of their proof, and lie beside each other in storage, where
 * scattered blocks of 1 KB have as many pages written.
 */
export function askInRuns(requester: Requester): void {
  if (!isChooser(requester)) return
  const runs = new Runs(requester)
  const { _downloadRange } = requester
  requester._iterator = runs
  requester._downloadRange = (range) => {
    runs.choose(range)
    _downloadRange.call(requester, range)
    runs.choose(null)
  }
}

/** hypercore's iterator, but that its first `seek` in a range goes where the run goes on, whatever was drawn. */
class Runs implements BlockIterator {
  private readonly chooser: Chooser
  private readonly blocks: BlockIterator
  /** The range in which a block is to be chosen, until it is. */
  private range: Range | null = null
  /** The first block of the group, and how many of its places were looked at; groups that the run still has, with it. */
  private group = 0
  private step = 0
  private left = 0

  constructor(chooser: Chooser) {
    this.chooser = chooser
    this.blocks = chooser._iterator
  }

  /** @param range null: chosen */
  choose(range: Range | null) {
    this.range = range?.linear || range?.bytes || range?.hash ? null : range
  }

  seek(index: number): this {
    const { range } = this
    this.range = null
    this.blocks.seek(range ? this.place(range, index) : index)
    return this
  }

  next(value: boolean): number {
    return this.blocks.next(value)
  }

  /** The next block of the run, or of one that begins at the place that was drawn; that place if there is none. */
  private place({ start, end }: Range, drawn: number): number {
    const { remoteLength } = this.chooser
    const to = end === -1 ? remoteLength : Math.min(end, remoteLength)
    if (this.left === 0 && this.begin(drawn, to)) this.left = runLength
    while (this.left > 0) {
      while (this.step < groupSize) {
        const index = this.group + (places[this.step++] as number)
        if (index >= start && index < to && this.isWanted(index)) return index
      }
      this.left = this.begin(this.group + groupSize, to) ? this.left - 1 : 0
    }
    return drawn
  }

  /** Goes to the group of the first block from `from` on that the peer has; false where there is none. */
  private begin(from: number, to: number): boolean {
    const found = this.blocks.seek(from).next(true)
    if (found === -1 || found >= to) return false
    this.group = found - (found % groupSize)
    this.step = 0
    return true
  }

  private isWanted(index: number): boolean {
    const { remoteBitfield, feed } = this.chooser
    return remoteBitfield.get(index) && !feed._reserved.get(index)
  }
}

/** The bits of a place the other way round. */
function reversed(place: number): number {
  let result = 0
  for (let bit = 1; bit < groupSize; bit *= 2) result = 2 * result + (place & bit ? 1 : 0)
  return result
}

function isChooser(requester: Requester): requester is Chooser {
  const { _iterator, _downloadRange, remoteBitfield, feed } = requester as Partial<Chooser>
  return (
    typeof _iterator?.seek === 'function' &&
    typeof _downloadRange === 'function' &&
    typeof remoteBitfield?.get === 'function' &&
    typeof feed?._reserved?.get === 'function'
  )
}
