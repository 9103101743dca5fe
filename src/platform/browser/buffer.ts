/**
 * Node's Buffer for the browser, in place of the package buffer, which is three times as large: that one was written
 * before there were TextDecoder, DataView and classes that extend Uint8Array. Names, arguments and results are Node's,
 * which the property tests hold; without `swap16`, `readIntBE` and their like, and without
 * `Buffer()` as a function.
 */
import { defineNumbers } from './buffer-numbers.ts'
import { decodeText, encodeText, writeText } from './buffer-text.ts'

/** Its static side has a `from` and an `of` of other types. */
const Bytes = Uint8Array as unknown as new (...args: unknown[]) => Uint8Array<ArrayBuffer>

type Source = string | ArrayBuffer | ArrayLike<number> | { type: 'Buffer'; data: ArrayLike<number> }

export class Buffer extends Bytes {
  declare readonly _isBuffer: true

  static {
    Object.defineProperty(Buffer.prototype, '_isBuffer', { value: true })
    defineNumbers(Buffer.prototype)
  }

  /** Bytes of a text, a view of an ArrayBuffer, or a copy of numbers. */
  static from(value: Source, encodingOrOffset?: string | number, length?: number): Buffer {
    if (typeof value === 'string') return viewOf(encodeText(value, encodingOrOffset as string | undefined))
    if (isArrayBuffer(value)) return new Buffer(value, encodingOrOffset, length)
    const numbers = typeof value === 'object' && value && 'data' in value ? value.data : value
    if (typeof numbers !== 'object' || numbers === null)
      throw new TypeError(`A Buffer can not be made from ${numbers === null ? 'null' : typeof numbers}.`)
    return new Buffer(numbers)
  }

  static alloc(size: number, fill?: string | number | Uint8Array, encoding?: string): Buffer {
    if (typeof size !== 'number') throw new TypeError('The size of a Buffer is a number.')
    const buffer = new Buffer(size)
    return fill ? buffer.fill(fill, 0, size, encoding) : buffer
  }

  static allocUnsafe(size: number): Buffer {
    return Buffer.alloc(size)
  }

  static allocUnsafeSlow(size: number): Buffer {
    return Buffer.alloc(size)
  }

  /** Of this module, of another copy of it, or of the package buffer. */
  static isBuffer(value: unknown): value is Buffer {
    return (value as Buffer | null | undefined)?._isBuffer === true
  }

  static isEncoding(name: unknown): boolean {
    return (
      typeof name === 'string' &&
      /^(utf-?8|hex|base64(url)?|ascii|latin1|binary|u(cs|tf16)-?(2|le))$/i.test(name)
    )
  }

  static byteLength(value: string | ArrayBuffer | ArrayBufferView, encoding?: string): number {
    return typeof value === 'string' ? encodeText(value, encoding).length : value.byteLength
  }

  static compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
    const length = Math.min(a.length, b.length)
    let i = 0
    while (i < length && a[i] === b[i]) i++
    const [x, y] = i < length ? [a[i] as number, b[i] as number] : [a.length, b.length]
    return x < y ? -1 : x > y ? 1 : 0
  }

  static concat(
    list: readonly Uint8Array[],
    length = list.reduce((sum, part) => sum + part.length, 0),
  ): Buffer {
    const buffer = new Buffer(length)
    let at = 0
    for (const part of list) {
      if (at >= length) break
      buffer.set(part.length > length - at ? part.subarray(0, length - at) : part, at)
      at += part.length
    }
    return buffer
  }

  override toString(encoding?: string, start = 0, end = this.length): string {
    const whole = start <= 0 && end >= this.length
    return decodeText(whole ? this : this.subarray(Math.max(start, 0), Math.max(end, 0)), encoding)
  }

  override toLocaleString(): string {
    return this.toString()
  }

  toJSON() {
    return { type: 'Buffer', data: [...this] }
  }

  equals(other: Uint8Array): boolean {
    return Buffer.compare(this, other) === 0
  }

  compare(other: Uint8Array, start = 0, end = other.length, from = 0, to = this.length): -1 | 0 | 1 {
    return Buffer.compare(this.subarray(from, to), other.subarray(start, end))
  }

  /** Unlike that of other typed arrays it shares the memory. */
  override slice(start?: number, end?: number): this {
    return this.subarray(start, end) as this
  }

  /** Gives the number of bytes that were copied. */
  copy(target: Uint8Array, at = 0, start = 0, end = this.length): number {
    const piece = this.subarray(start, Math.max(start, Math.min(end, start + target.length - at)))
    if (piece.length > 0) target.set(piece, at)
    return piece.length
  }

  /** `write(text)`, `write(text, encoding)`, `write(text, offset, encoding)`: gives the number of bytes. */
  write(text: string, offset: number | string = 0, length?: number | string, encoding?: string): number {
    if (typeof offset === 'string') return this.write(text, 0, undefined, offset)
    if (typeof length === 'string') return this.write(text, offset, undefined, length)
    if (offset < 0 || offset > this.length) throw new RangeError('The offset is outside of the Buffer.')
    return writeText(this.subarray(offset, offset + (length ?? this.length)), text, encoding)
  }

  override fill(
    value: string | number | Uint8Array,
    start?: number | string,
    end?: number,
    encoding?: string,
  ): this {
    if (typeof start === 'string') return this.fill(value, 0, this.length, start)
    const pattern = typeof value === 'string' ? encodeText(value, encoding) : value
    if (typeof pattern === 'number' || pattern.length < 2)
      return super.fill(typeof pattern === 'number' ? pattern : (pattern[0] ?? 0), start, end)
    const part = this.subarray(start, end)
    for (let at = 0; at < part.length; at += pattern.length)
      part.set(pattern.subarray(0, part.length - at), at)
    return this
  }

  override indexOf(
    value: string | number | Uint8Array,
    from: number | string = 0,
    encoding?: string,
  ): number {
    if (typeof from === 'string') return this.indexOf(value, 0, from)
    if (typeof value === 'number') return super.indexOf(value & 255, from)
    const wanted = typeof value === 'string' ? encodeText(value, encoding) : value
    let at = from < 0 ? Math.max(from + this.length, 0) : Math.min(from, this.length)
    for (; at + wanted.length <= this.length; at++) {
      if (wanted.every((byte, i) => byte === this[at + i])) return at
    }
    return -1
  }

  override includes(value: string | number | Uint8Array, from?: number, encoding?: string): boolean {
    return this.indexOf(value, from, encoding) !== -1
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return new Buffer(buffer, byteOffset, length)
}

/** Also one of another window. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
}
