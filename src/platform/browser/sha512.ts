/**
 * SHA-512 (FIPS 180-4), which Ed25519 is made of: its messages are short. The package @noble/hashes does it
 * faster, and is several times as large. In every array the upper half of a number stands before the lower one.
 */
import { half, rootsOfPrimes, rotated } from './words.ts'

const blockBytes = 128
const constants = /* @__PURE__ */ rootsOfPrimes(80, 3)
const start = /* @__PURE__ */ rootsOfPrimes(8, 2)

export function sha512(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 17) / blockBytes) * blockBytes)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, message.length / 2 ** 29)
  view.setUint32(padded.length - 4, message.length * 8)
  const state = start.slice()
  for (let at = 0; at < padded.length; at += blockBytes) compress(state, view, at)
  const digest = new DataView(new ArrayBuffer(64))
  state.forEach((word, i) => {
    digest.setUint32(i * 4, word)
  })
  return new Uint8Array(digest.buffer)
}

function compress(state: Uint32Array, block: DataView, at: number): void {
  const w = new Uint32Array(160)
  for (let i = 0; i < 32; i++) w[i] = block.getUint32(at + i * 4)
  for (let i = 32; i < 160; i += 2) schedule(w, i)
  const v = state.slice()
  for (let i = 0; i < 160; i += 2) round(v, w, i)
  for (let i = 0; i < 16; i += 2) {
    const low = half(state, i + 1) + half(v, i + 1)
    put(state, i, half(state, i) + half(v, i), low)
  }
}

/** Takes the halves of a sum; the lower one may be too large for its place. */
function put(target: Uint32Array, at: number, high: number, low: number): void {
  target[at] = high + Math.floor(low / 2 ** 32)
  target[at + 1] = low
}

function schedule(w: Uint32Array, i: number): void {
  const small = (at: number, a: number, b: number, shift: number, lower: 0 | 1) => {
    const [own, other] = [half(w, at + lower), half(w, at + 1 - lower)]
    const shifted = lower ? (own >>> shift) | (other << (32 - shift)) : own >>> shift
    return (rotated(own, other, a) ^ rotated(own, other, b) ^ shifted) >>> 0
  }
  const sum = (lower: 0 | 1) =>
    half(w, i - 32 + lower) +
    small(i - 30, 1, 8, 7, lower) +
    half(w, i - 14 + lower) +
    small(i - 4, 19, 61, 6, lower)
  put(w, i, sum(0), sum(1))
}

/** `v` holds what the standard calls a to h. */
function round(v: Uint32Array, w: Uint32Array, i: number): void {
  const large = (at: number, a: number, b: number, c: number, lower: 0 | 1) => {
    const [own, other] = [half(v, at + lower), half(v, at + 1 - lower)]
    return (rotated(own, other, a) ^ rotated(own, other, b) ^ rotated(own, other, c)) >>> 0
  }
  const first = (lower: 0 | 1) => {
    const [e, f, g] = [half(v, 8 + lower), half(v, 10 + lower), half(v, 12 + lower)]
    const choice = ((e & f) ^ (~e & g)) >>> 0
    const given = half(constants, i + lower) + half(w, i + lower)
    return half(v, 14 + lower) + large(8, 14, 18, 41, lower) + choice + given
  }
  const second = (lower: 0 | 1) => {
    const [a, b, c] = [half(v, lower), half(v, 2 + lower), half(v, 4 + lower)]
    return large(0, 28, 34, 39, lower) + (((a & b) ^ (a & c) ^ (b & c)) >>> 0)
  }
  const [firstHigh, firstLow, high, low] = [first(0), first(1), second(0), second(1)]
  v.copyWithin(2, 0, 14)
  put(v, 8, half(v, 8) + firstHigh, half(v, 9) + firstLow)
  put(v, 0, firstHigh + high, firstLow + low)
}
