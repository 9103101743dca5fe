/**
 * Bits of any number, in place of the package fast-bitfield 1.2 and with its shape. That one begins with a page of
 * 4 KB and a dozen views of it, twice for each peer of each feed; most feeds are short. The first bits are a few
 * numbers here, and from `most` bits on it is the package itself.
 */
import fastBitfield from 'fast-bitfield'

export interface Bits {
  readonly length: number
  readonly littleEndian: boolean
  get(index: number): boolean
  /** Whether that changed anything. */
  set(index: number, bit: boolean): boolean
  /** Sets bits from `start`: as a buffer of words of 32 bits has them, or all to one value. */
  fill(value: Uint8Array | boolean, start?: number, end?: number): void
  /** The highest bit that is set; -1: none. */
  last(): number
  iterator(): BitsIterator
}

export interface BitsIterator {
  seek(index: number): BitsIterator
  /** The next bit that is as wanted, from where it stands; -1: none. */
  next(bit: boolean): number
}

/** Bits that are kept as numbers. */
const most = 1024
/** What the package says while it has one page. */
const pageBits = 32_768

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

class SmallBits implements Bits {
  /** 32 bits each, the first bit is the highest. */
  private words: number[] = []
  private large: Bits | null = null

  get length(): number {
    return this.large?.length ?? pageBits
  }

  get littleEndian(): boolean {
    return littleEndian
  }

  get(index: number): boolean {
    return this.large ? this.large.get(index) : ((this.words[index >>> 5] ?? 0) & maskOf(index)) !== 0
  }

  set(index: number, bit: boolean): boolean {
    if (this.large) return this.large.set(index, bit)
    if (this.get(index) === bit) return false
    if (index >= most) return bit && this.enlarge().set(index, bit)
    this.reach(index)
    this.words[index >>> 5] = ((this.words[index >>> 5] as number) ^ maskOf(index)) >>> 0
    return true
  }

  fill(value: Uint8Array | boolean, start = 0, end?: number): void {
    if (this.large || typeof value === 'boolean' || end !== undefined || start + 8 * value.length > most) {
      this.enlarge().fill(value, start, end)
    } else {
      if (start & 7) throw new Error('Offsets must be a multiple of 8')
      for (const [i, byte] of value.entries()) this.setByte(start / 8 + i, byte)
    }
  }

  last(): number {
    if (this.large) {
      // The package puts the number together from what it looked at last: that must not be a later page.
      this.large.get(0)
      const last = this.large.last()
      // A later page of which everything was cleared again makes the package say that there is nothing at all.
      return last === -1 ? lastOf(this.large) : last
    }
    for (let i = this.words.length - 1; i >= 0; i--) {
      const word = this.words[i] as number
      if (word) return 32 * i + Math.clz32(word & -word)
    }
    return -1
  }

  iterator(): BitsIterator {
    return new SmallIterator(this)
  }

  /** The bits from `index` to the end of its word, as a number; null: there is no such word. */
  wordFrom(index: number): number | null {
    const word = this.words[index >>> 5]
    return word === undefined ? null : word & (0xffffffff >>> (index & 31))
  }

  get enlarged(): Bits | null {
    return this.large
  }

  /** As the machine has the bytes of a word in memory: that is how the package is filled. */
  private setByte(at: number, byte: number) {
    this.reach(8 * at)
    const shift = 8 * (littleEndian ? at & 3 : 3 - (at & 3))
    const word = this.words[at >>> 2] as number
    this.words[at >>> 2] = ((word & ~(0xff << shift)) | (byte << shift)) >>> 0
  }

  private reach(index: number) {
    while (this.words.length <= index >>> 5) this.words.push(0)
  }

  private enlarge(): Bits {
    if (this.large) return this.large
    const large: Bits = fastBitfield()
    for (let i = 0; i < 32 * this.words.length; i++) if (this.get(i)) large.set(i, true)
    this.words = []
    this.large = large
    return large
  }
}

class SmallIterator implements BitsIterator {
  private readonly bits: SmallBits
  private at = 0
  private large: BitsIterator | null = null

  constructor(bits: SmallBits) {
    this.bits = bits
  }

  seek(index: number): this {
    this.at = index
    this.large?.seek(index)
    return this
  }

  next(bit: boolean): number {
    if (this.bits.enlarged) this.large ??= this.bits.enlarged.iterator().seek(this.at)
    if (this.large) return this.large.next(bit)
    return bit ? this.nextSet() : this.nextClear()
  }

  private nextSet(): number {
    for (let from = this.at; ; from = (from | 31) + 1) {
      const word = this.bits.wordFrom(from)
      if (word === null) return -1
      if (word === 0) continue
      const found = (from & ~31) + Math.clz32(word)
      this.at = found + 1
      return found
    }
  }

  private nextClear(): number {
    let found = this.at
    while (this.bits.get(found)) found++
    if (found >= pageBits) return -1
    this.at = found + 1
    return found
  }
}

function lastOf(bits: Bits): number {
  const iterator = bits.iterator()
  let last = -1
  for (let i = iterator.next(true); i !== -1; i = iterator.next(true)) last = i
  return last
}

function maskOf(index: number): number {
  return 0x80000000 >>> (index & 31)
}

function bits(): Bits {
  return new SmallBits()
}

// CommonJS requires this module and takes the function itself.
export { bits as default, bits as 'module.exports' }
