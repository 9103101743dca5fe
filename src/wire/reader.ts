import { Replic8Error } from '../errors.ts'
import { decodeUtf8 } from './text.ts'
import { type Cursor, readVarint } from './varint.ts'

/** Takes a message apart from front to back. Every method throws ERR_PROTOCOL when the bytes do not fit. */
export class Reader implements Cursor {
  readonly bytes: Uint8Array
  offset = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get remaining(): number {
    return this.bytes.length - this.offset
  }

  byte(): number {
    const byte = this.bytes[this.offset]
    if (byte === undefined) malformed('A message is too short.')
    this.offset++
    return byte
  }

  flag(): boolean {
    const byte = this.byte()
    if (byte > 1) malformed('A flag is neither 0 nor 1.')
    return byte === 1
  }

  varint(): number {
    return readVarint(this)
  }

  /** A number of things that take at least `bytesEach`: checked against what is there, so safe to allocate for. */
  count(bytesEach: number): number {
    const count = this.varint()
    if (count * bytesEach > this.remaining) malformed('A message announces more than it holds.')
    return count
  }

  /** One of `words`, by its place. */
  word<Word>(words: readonly Word[]): Word {
    const word = words[this.byte()]
    if (word === undefined) malformed('A message gives an unknown reason.')
    return word
  }

  /** The next `length` bytes, valid as long as the input is. */
  view(length: number): Uint8Array {
    if (length > this.remaining) malformed('A message is too short.')
    this.offset += length
    return this.bytes.subarray(this.offset - length, this.offset)
  }

  /** Text behind its length in bytes. */
  text(maxBytes = Number.POSITIVE_INFINITY): string {
    const length = this.count(1)
    if (length > maxBytes) malformed(`A text has ${length} bytes, ${maxBytes} are allowed.`)
    const text = decodeUtf8(this.view(length))
    if (text === undefined) malformed('A text is not UTF-8.')
    return text
  }

  /** To be called last: nothing may be left. */
  end(): void {
    if (this.remaining > 0) malformed(`A message has ${this.remaining} bytes too many.`)
  }
}

/** Throws ERR_PROTOCOL. */
export function malformed(detail: string): never {
  throw new Replic8Error('ERR_PROTOCOL', detail)
}
