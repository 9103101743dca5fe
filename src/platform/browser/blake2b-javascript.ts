/**
 * BLAKE2b (RFC 7693) for as long as there is no WebAssembly. The package @noble/hashes does it twice as fast, and is
 * several times as large.
 */
import { half, rootsOfPrimes, rotated } from './words.ts'

const blockBytes = 128
/** RFC 7693, 2.6. Here the lower half of a number stands before the upper one, as in the messages. */
const start = /* @__PURE__ */ swapped(/* @__PURE__ */ rootsOfPrimes(8, 2))

/** RFC 7693, 2.7: where the words of a block are, 16 for each round; the last two rounds begin again. */
const order = /* @__PURE__ */ placesOf(
  '0123456789abcdefea489fd61c02b753b8c052fdae367194' +
    '7931dcbe265a40f8905724afe1bc683d2c6a0b834d75fe19' +
    'c51fed4a0763928bdb7ec13950f4862a6fe9b308c2d714a5' +
    'a2847615fb9e3cd0',
)

/** RFC 7693, 3.2: the words of the state that each of the eight steps of a round mixes. */
const mixed = /* @__PURE__ */ placesOf('048c159d26ae37bf05af16bc278d349e')

/** The hash of all chunks, put together, of 1 to 64 bytes; the key has at most 64. */
export function blake2b(chunks: readonly Uint8Array[], length: number, key?: Uint8Array | null): Uint8Array {
  const state = start.slice()
  state[0] = half(state, 0) ^ 0x01010000 ^ ((key?.length ?? 0) << 8) ^ length
  const block = new Uint8Array(blockBytes)
  let filled = 0
  let total = 0
  const take = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      // Only now: the last block is another one, however full it is.
      if (filled === blockBytes) {
        compress(state, block, total, false)
        filled = 0
      }
      const piece = bytes.subarray(at, at + blockBytes - filled)
      block.set(piece, filled)
      filled += piece.length
      total += piece.length
      at += piece.length
    }
  }
  if (key?.length) {
    const padded = new Uint8Array(blockBytes)
    padded.set(key)
    take(padded)
  }
  for (const chunk of chunks) take(chunk)
  block.fill(0, filled)
  compress(state, block, total, true)
  return bytesOf(state).slice(0, length)
}

/** Little-endian on every machine. */
function bytesOf(state: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(64))
  state.forEach((word, i) => {
    view.setUint32(i * 4, word, true)
  })
  return new Uint8Array(view.buffer)
}

function compress(state: Uint32Array, block: Uint8Array, total: number, last: boolean): void {
  const view = new DataView(block.buffer)
  const m = new Uint32Array(32)
  for (let i = 0; i < 32; i++) m[i] = view.getUint32(i * 4, true)
  const v = new Uint32Array(32)
  v.set(state)
  v.set(start, 16)
  v[24] = half(v, 24) ^ total
  v[25] = half(v, 25) ^ (total / 2 ** 32)
  if (last) for (const i of [28, 29]) v[i] = ~half(v, i)
  for (let step = 0; step < 12 * 8; step++) {
    mix(v, m, (step % 8) * 4, (step * 2) % order.length)
  }
  for (let i = 0; i < 16; i++) state[i] = half(state, i) ^ half(v, i) ^ half(v, i + 16)
}

/** RFC 7693, 3.1: `at` and `next` say where in `mixed` and `order` the places of the words are. */
function mix(v: Uint32Array, m: Uint32Array, at: number, next: number): void {
  const a = half(mixed, at)
  const b = half(mixed, at + 1)
  const c = half(mixed, at + 2)
  const d = half(mixed, at + 3)
  let [bLow, bHigh, dLow, dHigh] = [half(v, b), half(v, b + 1), half(v, d), half(v, d + 1)]
  const add = (to: number, low: number, high: number) => {
    const sum = half(v, to) + low
    v[to + 1] = half(v, to + 1) + high + (sum >= 2 ** 32 ? 1 : 0)
    v[to] = sum
  }
  for (const last of [false, true]) {
    const word = half(order, next + (last ? 1 : 0))
    add(a, bLow >>> 0, bHigh >>> 0)
    add(a, half(m, word), half(m, word + 1))
    let low = dLow ^ half(v, a)
    let high = dHigh ^ half(v, a + 1)
    dLow = last ? rotated(low, high, 16) : high
    dHigh = last ? rotated(high, low, 16) : low
    add(c, dLow >>> 0, dHigh >>> 0)
    low = bLow ^ half(v, c)
    high = bHigh ^ half(v, c + 1)
    bLow = rotated(low, high, last ? 63 : 24)
    bHigh = rotated(high, low, last ? 63 : 24)
  }
  v[b] = bLow
  v[b + 1] = bHigh
  v[d] = dLow
  v[d + 1] = dHigh
}

function swapped(numbers: Uint32Array): Uint32Array {
  return numbers.map((_, i) => half(numbers, i ^ 1))
}

function placesOf(digits: string): Uint32Array {
  return Uint32Array.from([...digits], (digit) => Number.parseInt(digit, 16) * 2)
}
