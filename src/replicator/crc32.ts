/** Row 0 is the table of a byte at a time; row n that of a byte with n zeros behind it. */
const table = new Uint32Array(8 * 256)
for (let n = 0; n < 256; n++) {
  let sum = n
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  table[n] = sum
}
for (let n = 256; n < table.length; n++) {
  const before = table[n - 256] as number
  table[n] = (before >>> 8) ^ at(0, before)
}

/**
 * CRC-32 as in ISO 3309, eight bytes at a time (Kounavis and Berry, Novel Table Lookup-Based Algorithms for
 * High-Performance CRC Generation, 2008): an index of 10,000 feeds has a megabyte.
 * @param before of the bytes that came before
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before
  let i = 0
  for (; i + 8 <= bytes.length; i += 8) {
    const low =
      sum ^
      (byte(bytes, i) | (byte(bytes, i + 1) << 8) | (byte(bytes, i + 2) << 16) | (byte(bytes, i + 3) << 24))
    sum =
      at(7, low) ^
      at(6, low >>> 8) ^
      at(5, low >>> 16) ^
      at(4, low >>> 24) ^
      at(3, byte(bytes, i + 4)) ^
      at(2, byte(bytes, i + 5)) ^
      at(1, byte(bytes, i + 6)) ^
      at(0, byte(bytes, i + 7))
  }
  for (; i < bytes.length; i++) sum = (sum >>> 8) ^ at(0, sum ^ byte(bytes, i))
  return ~sum >>> 0
}

function at(row: number, index: number): number {
  return table[256 * row + (index & 255)] as number
}

function byte(bytes: Uint8Array, i: number): number {
  return bytes[i] as number
}
