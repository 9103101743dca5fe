import { checkBytes, printBytes, splitBits } from '../wire/limits.ts'
import type { Header, Run } from '../wire/messages.ts'
import { countOf } from '../wire/runs.ts'
import type { HexKey } from './events.ts'

/**
 * A keyed hash of some bytes, 16 bytes, into `out`. Both ends have the same key, of which nobody could know before
 * they connected: so nobody can have made offers whose fingerprints collide, or crowd into one range.
 */
export type Fingerprint = (bytes: Uint8Array, out: Uint8Array) => void

/** What an offer says of a feed, within a namespace. */
export interface Offered {
  readonly key: HexKey
  readonly header: Header
  readonly lengths: number[]
}

/** Bytes of a digest. */
const size = checkBytes
/** Words of four bytes of a digest. */
const perDigest = size / 4
const utf8 = new TextEncoder()

/**
 * A set of offers in the order of their digests, for range-based set reconciliation (Aljoscha Meyer, "Range-Based Set
 * Reconciliation", 2022). A range is all digests that begin with the same bits. Its fingerprint is a hash of the digests in
 * it, one behind the other: that holds against an adversary, where sums of them would need longer ones, and costs less
 * than a tree as long as the set stands still, which it does here.
 */
export class RangeIndex<Item extends Offered> {
  /** In the order of their digests. */
  readonly items: Item[]
  private readonly fingerprint: Fingerprint
  private readonly digests: Uint8Array
  /** The first 32 bits of each digest. */
  private readonly heads: Uint32Array
  private readonly scratch = new Uint8Array(size)

  constructor(items: readonly Item[], fingerprint: Fingerprint) {
    this.fingerprint = fingerprint
    const digests = digestsOf(items, fingerprint)
    const order = sorted(digests)
    const words = new Uint32Array(digests.length)
    this.heads = new Uint32Array(order.length)
    this.items = []
    for (let i = 0; i < order.length; i++) {
      const place = order[i] as number
      for (let word = 0; word < perDigest; word++)
        words[i * perDigest + word] = digests[place * perDigest + word] as number
      this.heads[i] = headOf(digests, place)
      this.items.push(items[place] as Item)
    }
    this.digests = new Uint8Array(words.buffer)
  }

  get count(): number {
    return this.items.length
  }

  /** The place of the first item behind all ranges of `bits` bits below `prefix`. */
  startOf(bits: number, prefix: number): number {
    const least = prefix * 2 ** (32 - bits)
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.heads[middle] as number) < least) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The places of the items of a range: from the first on, before the second. */
  rangeOf(bits: number, prefix: number): [from: number, to: number] {
    return [this.startOf(bits, prefix), this.startOf(bits, prefix + 1)]
  }

  /** The fingerprints of `count` ranges of `bits` bits, from `prefix` on. */
  prints(bits: number, prefix = 0, count = 2 ** bits): Uint8Array {
    const prints = new Uint8Array(count * printBytes)
    let from = this.startOf(bits, prefix)
    for (let i = 0; i < count; i++) {
      const to = this.startOf(bits, prefix + i + 1)
      // Of nothing it is all zeros.
      if (to > from) {
        this.fingerprint(this.digests.subarray(from * size, to * size), this.scratch)
        prints.set(this.scratch.subarray(0, printBytes), i * printBytes)
      }
      from = to
    }
    return prints
  }

  /** The fingerprints of the parts of a range that is divided. */
  partsOf(bits: number, prefix: number): Uint8Array {
    return this.prints(bits + splitBits, prefix * 2 ** splitBits, 2 ** splitBits)
  }

  /** What names each item of a range, 6 bytes: the end of its digest. */
  namesOf(from: number, to: number): Uint8Array {
    const names = new Uint8Array((to - from) * printBytes)
    for (let i = from; i < to; i++) {
      const end = (i + 1) * size
      names.set(this.digests.subarray(end - printBytes, end), (i - from) * printBytes)
    }
    return names
  }

  /** The fingerprint of the items of some runs, one behind the other. */
  check(runs: readonly Run[]): Uint8Array {
    const all = new Uint8Array(countOf(runs) * size)
    let offset = 0
    for (const { from, count } of runs) {
      all.set(this.digests.subarray(from * size, (from + count) * size), offset)
      offset += count * size
    }
    const check = new Uint8Array(size)
    this.fingerprint(all, check)
    return check
  }
}

/** The digests of offers, one behind the other, as words of four bytes: these are moved faster than bytes. */
function digestsOf(items: readonly Offered[], fingerprint: Fingerprint): Uint32Array {
  const digests = new Uint32Array(items.length * perDigest)
  const words = new Uint32Array(perDigest)
  const bytes = new Uint8Array(words.buffer)
  let buffer = new Uint8Array(1024)
  for (let i = 0; i < items.length; i++) {
    const text = textOf(items[i] as Offered)
    // A character takes three bytes at most.
    if (3 * text.length > buffer.length) buffer = new Uint8Array(6 * text.length)
    const { written } = utf8.encodeInto(text, buffer)
    fingerprint(buffer.subarray(0, written), bytes)
    for (let word = 0; word < perDigest; word++) digests[i * perDigest + word] = words[word] as number
  }
  return digests
}

/** Each offer has its own: the key has always 64 characters, the header begins with a brace. */
export function textOf({ key, header, lengths }: Offered): string {
  const row = lengths.length === 1 ? `${lengths[0]}` : lengths.join()
  for (const _ in header) return `${key}${row}${JSON.stringify(header)}`
  return key + row
}

/** The places of digests in their order. */
function sorted(digests: Uint32Array): Uint32Array {
  const count = digests.length / perDigest
  // The head and the place fit into one number together, and numbers are sorted quickly.
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i++) numbers[i] = headOf(digests, i) * places + i
  numbers.sort()
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = (numbers[i] as number) % places
  for (let i = 1; i < count; i++) {
    for (let j = i; j > 0 && isBefore(digests, order[j] as number, order[j - 1] as number); j--) {
      const place = order[j] as number
      order[j] = order[j - 1] as number
      order[j - 1] = place
    }
  }
  return order
}

/** More than there are items. */
const places = 2 ** 21

/** The first 32 bits of a digest, the first byte the highest, whatever machine this is. */
function headOf(digests: Uint32Array, i: number): number {
  return bigEndian(digests[i * perDigest] as number)
}

function bigEndian(word: number): number {
  if (!isLittleEndian) return word
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

function isBefore(digests: Uint32Array, a: number, b: number): boolean {
  // Nearly always.
  if (headOf(digests, a) > headOf(digests, b)) return false
  for (let word = 0; word < perDigest; word++) {
    const [ours, theirs] = [a, b].map((i) => bigEndian(digests[i * perDigest + word] as number))
    if (ours !== theirs) return (ours as number) < (theirs as number)
  }
  return false
}
