/**
 * The masking of WebSocket frames (RFC 6455, section 5.3) four bytes at a time; a byte at a time, as `ws` does it by
 * itself where Node has no function for it, costs as much as to encrypt. In place of the native package `bufferutil`,
 * which `ws` looks for: the same functions, without binaries.
 */

const maskBytes = new Uint8Array(4)
const maskWord = new Int32Array(maskBytes.buffer)

/** Writes `source`, masked, into `output` from `offset` on. */
export function mask(
  source: Uint8Array,
  key: Uint8Array,
  output: Uint8Array,
  offset: number,
  length: number,
): void {
  // Copied first, as the two are seldom aligned alike.
  const target = output.subarray(offset, offset + length)
  if (source !== target) target.set(source.length === length ? source : source.subarray(0, length))
  unmask(target, key)
}

/** Masks in place, or takes the mask away. */
export function unmask(bytes: Uint8Array, key: Uint8Array): void {
  const { length } = bytes
  const head = -bytes.byteOffset & 3
  const words = (length - head) >> 2
  if (words <= 0) {
    xorBytes(bytes, key, 0, length)
    return
  }
  xorBytes(bytes, key, 0, head)
  for (let i = 0; i < 4; i++) maskBytes[i] = key[(head + i) & 3] as number
  const word = maskWord[0] as number
  const aligned = new Int32Array(bytes.buffer, bytes.byteOffset + head, words)
  for (let i = 0; i < words; i++) aligned[i] = (aligned[i] as number) ^ word
  xorBytes(bytes, key, head + 4 * words, length)
}

function xorBytes(bytes: Uint8Array, key: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) bytes[i] = (bytes[i] as number) ^ (key[i & 3] as number)
}
