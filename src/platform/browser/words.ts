/** Numbers of 64 bits as two of 32, side by side in a typed array, for the hashes that are made of them. */

/** One half of a number, at an index that is inside. */
export const half = (words: Uint32Array, index: number): number => words[index] as number

/** One half of a number that is rotated to the right, `a` being the half that is wanted. Not for 32 bits. */
export const rotated = (a: number, b: number, bits: number): number =>
  bits < 32 ? (a >>> bits) | (b << (32 - bits)) : (b >>> (bits - 32)) | (a << (64 - bits))

/**
 * The fractions of the square (2) or cube (3) roots of the first primes, 64 bits each, the upper half first: the numbers
 * up the sleeves of SHA-2 (FIPS 180-4, 4.2.3 and 5.3.5) and BLAKE2 (RFC 7693, 2.6).
 */
export function rootsOfPrimes(count: number, degree: 2 | 3): Uint32Array {
  const roots = new Uint32Array(count * 2)
  for (let candidate = 2, found = 0; found < count; candidate++) {
    if (!isPrime(candidate)) continue
    const root = integerRoot(BigInt(candidate) << BigInt(64 * degree), BigInt(degree))
    roots[found * 2] = Number((root >> 32n) & 0xffffffffn)
    roots[found * 2 + 1] = Number(root & 0xffffffffn)
    found++
  }
  return roots
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return true
}

/** By Newton's method, from above. */
function integerRoot(value: bigint, degree: bigint): bigint {
  let root = 1n << 70n
  for (;;) {
    const next = ((degree - 1n) * root + value / root ** (degree - 1n)) / degree
    if (next >= root) return root
    root = next
  }
}
