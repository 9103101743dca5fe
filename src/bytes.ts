/** Helpers on bytes that need neither Node nor a polyfill. */

/** The character of each digit, and the digit of each character; -1 where it is none. */
const characters = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const digits = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(lower(code)))

/** Lower-case hex digits, two a byte. */
export function toHex(bytes: Uint8Array): string {
  // Not put together from pieces: each offer names its feed by one of these, and pieces stay pieces.
  const codes = bytes.length === keyCodes.length / 2 ? keyCodes : new Array<number>(2 * bytes.length)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    codes[2 * i] = characters[byte >> 4] as number
    codes[2 * i + 1] = characters[byte & 15] as number
  }
  return String.fromCharCode.apply(null, codes)
}

/** For the digits of keys, of which there are many: used again each time. */
const keyCodes = new Array<number>(64).fill(0)

/** The bytes of an even number of hex digits; undefined for anything else. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const byte = 16 * digitAt(hex, 2 * i) + digitAt(hex, 2 * i + 1)
    if (Number.isNaN(byte)) return undefined
    bytes[i] = byte
  }
  return bytes
}

function digitAt(hex: string, index: number): number {
  const digit = digits[hex.charCodeAt(index)] ?? -1
  return digit < 0 ? Number.NaN : digit
}

function lower(code: number): string {
  return String.fromCharCode(code).toLowerCase()
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
