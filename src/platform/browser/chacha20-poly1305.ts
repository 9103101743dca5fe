/**
 * ChaCha20-Poly1305 (RFC 8439), for the few short messages of a Noise handshake. The package @noble/ciphers is several
 * times as large, and faster, which these messages do not need.
 */
import { half } from './words.ts'

const tagBytes = 16
const prime = 0x3fffffffffffffffffffffffffffffffbn

/** The message, encrypted, with its tag behind it. */
export function seal(key: Uint8Array, nonce: Uint8Array, message: Uint8Array, ad: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(message.length + tagBytes)
  crypt(key, nonce, message, sealed)
  sealed.set(tagOf(key, nonce, sealed.subarray(0, message.length), ad), message.length)
  return sealed
}

/** What was sealed; undefined when it, the key, the nonce or the data beside it is not what it was. */
export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  ad: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - tagBytes
  if (length < 0) return undefined
  const tag = tagOf(key, nonce, sealed.subarray(0, length), ad)
  let difference = 0
  for (let i = 0; i < tagBytes; i++) difference |= (tag[i] as number) ^ (sealed[length + i] as number)
  if (difference !== 0) return undefined
  const message = new Uint8Array(length)
  crypt(key, nonce, sealed.subarray(0, length), message)
  return message
}

/** RFC 8439, 2.4: the first block makes the key of the tag. */
function crypt(key: Uint8Array, nonce: Uint8Array, input: Uint8Array, output: Uint8Array): void {
  for (let start = 0; start < input.length; start += 64) {
    const stream = chachaBlock(key, nonce, 1 + start / 64)
    const end = Math.min(start + 64, input.length)
    for (let i = start; i < end; i++) output[i] = (input[i] as number) ^ (stream[i - start] as number)
  }
}

/** RFC 8439, 2.3. */
function chachaBlock(key: Uint8Array, nonce: Uint8Array, counter: number): Uint8Array {
  const input = new DataView(new ArrayBuffer(64))
  const bytes = new Uint8Array(input.buffer)
  for (let i = 0; i < 16; i++) bytes[i] = 'expand 32-byte k'.charCodeAt(i)
  bytes.set(key, 16)
  input.setUint32(48, counter, true)
  bytes.set(nonce, 52)
  const start = Array.from({ length: 16 }, (_, i) => input.getUint32(i * 4, true))
  const state = Uint32Array.from(start)
  const step = (a: number, b: number, d: number, bits: number) => {
    state[a] = half(state, a) + half(state, b)
    const mixed = half(state, d) ^ half(state, a)
    state[d] = (mixed << bits) | (mixed >>> (32 - bits))
  }
  const quarter = (a: number, b: number, c: number, d: number) => {
    step(a, b, d, 16)
    step(c, d, b, 12)
    step(a, b, d, 8)
    step(c, d, b, 7)
  }
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i)
    for (let i = 0; i < 4; i++) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4))
  }
  start.forEach((word, i) => {
    input.setUint32(i * 4, word + half(state, i), true)
  })
  return bytes
}

/** RFC 8439, 2.5 and 2.8. */
function tagOf(key: Uint8Array, nonce: Uint8Array, text: Uint8Array, ad: Uint8Array): Uint8Array {
  const oneTimeKey = chachaBlock(key, nonce, 0)
  const r = numberOf(oneTimeKey.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  const lengths = new DataView(new ArrayBuffer(16))
  lengths.setUint32(0, ad.length, true)
  lengths.setUint32(8, text.length, true)
  let sum = 0n
  for (const part of [ad, text, new Uint8Array(lengths.buffer)]) {
    for (let start = 0; start < part.length; start += 16) {
      const block = new Uint8Array(17)
      block.set(part.subarray(start, start + 16))
      block[16] = 1
      sum = ((sum + numberOf(block)) * r) % prime
    }
  }
  return bytesOf(sum + numberOf(oneTimeKey.subarray(16, 32)), tagBytes)
}

/** Of little-endian bytes. */
export function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

/** The lowest bytes, the lowest of them first. */
export function bytesOf(number: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((number >> BigInt(i * 8)) & 0xffn))
}
