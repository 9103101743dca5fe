/**
 * Unsigned integers up to 2^53 - 1 as LEB128 (https://en.wikipedia.org/wiki/LEB128#Unsigned_LEB128): seven bits a
 * byte, the low ones first, the high bit says that another byte follows. Only the shortest form of a number is
 * valid, so that a message has one encoding.
 */
import { Replic8Error } from '../errors.ts'

/** Bytes of the largest number: seven times seven bits, and the last four. */
export const maxVarintBytes = 8
const maxLastByte = 0x0f

/** A place in bytes; reading moves it on. */
export interface Cursor {
  readonly bytes: Uint8Array
  offset: number
}

/** Bytes that `value` takes, 1 to 8. */
export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}

/**
 * Writes `value` at `offset`, where {@link varintLength} bytes must be free.
 * @returns the offset behind it
 */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  while (rest >= 128) {
    // Not `>>`: that would cut the number to 32 bits.
    bytes[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[at++] = rest
  return at
}

/**
 * Reads the number at the cursor and moves the cursor behind it.
 * @throws ERR_PROTOCOL when the bytes end early, the form is not the shortest, or the number is over 2^53 - 1
 */
export function readVarint(at: Cursor): number {
  let value = 0
  let scale = 1
  for (let n = 1; n <= maxVarintBytes; n++) {
    const byte = at.bytes[at.offset]
    if (byte === undefined) throw new Replic8Error('ERR_PROTOCOL', 'A message ends inside a number.')
    at.offset++
    if (n === maxVarintBytes && byte > maxLastByte) break
    value += (byte & 127) * scale
    if (byte < 128) {
      if (byte === 0 && n > 1) throw new Replic8Error('ERR_PROTOCOL', 'A number is not in its shortest form.')
      return value
    }
    scale *= 128
  }
  throw new Replic8Error('ERR_PROTOCOL', 'A number is larger than 2^53 - 1.')
}
