import { Replic8Error } from '../errors.ts'
import { utf8Length } from './text.ts'
import { maxVarintBytes, writeVarint } from './varint.ts'

const encoder = new TextEncoder()

/** Puts a message together. Refuses with ERR_BAD_ARGUMENT what the peer's reader would refuse. */
export class Writer {
  #bytes = new Uint8Array(128)
  #length = 0

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  flag(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      unencodable(`${value} is no whole number from 0 to 2^53 - 1.`)
    this.#reserve(maxVarintBytes)
    this.#length = writeVarint(this.#bytes, this.#length, value)
  }

  /** The place of `word` in `words`. */
  word<Word>(words: readonly Word[], word: Word): void {
    const place = words.indexOf(word)
    if (place < 0) unencodable(`${word} is no reason that the protocol knows.`)
    this.byte(place)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Text behind its length in bytes. A lone surrogate becomes U+FFFD. */
  text(text: string, maxBytes = Number.POSITIVE_INFINITY): void {
    const length = utf8Length(text)
    if (length > maxBytes) unencodable(`A text has ${length} bytes, ${maxBytes} are allowed.`)
    this.varint(length)
    this.#reserve(length)
    encoder.encodeInto(text, this.#bytes.subarray(this.#length, this.#length + length))
    this.#length += length
  }

  /** What was written, in a buffer of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** Throws ERR_BAD_ARGUMENT. */
export function unencodable(detail: string): never {
  throw new Replic8Error('ERR_BAD_ARGUMENT', detail)
}
