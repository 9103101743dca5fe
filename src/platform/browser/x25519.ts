/** X25519 (RFC 7748), two or three times for each connection: @noble/ed25519 has no part for it, @noble/curves is large. */
import { etc } from '@noble/ed25519'
import { bytesOf, numberOf } from './chacha20-poly1305.ts'

const p = 2n ** 255n - 19n

/** @throws where the result would be zero, as for points of small order: RFC 7748, 6.1. */
export function scalarMult(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const scalar = (numberOf(secretKey) & (2n ** 254n - 8n)) | (2n ** 254n)
  const product = ladder(scalar, etc.mod(numberOf(publicKey) & (2n ** 255n - 1n), p))
  if (product === 0n) throw new Error('The public key is a point of small order.')
  return bytesOf(product, 32)
}

const basePoint = /* @__PURE__ */ bytesOf(9n, 32)

export function scalarMultBase(secretKey: Uint8Array): Uint8Array {
  return scalarMult(secretKey, basePoint)
}

/** RFC 7748, 5. */
function ladder(scalar: bigint, u: bigint): bigint {
  const mod = (value: bigint) => etc.mod(value, p)
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n]
  let swap = 0n
  for (let t = 254n; t >= 0n; t--) {
    const bit = (scalar >> t) & 1n
    if (swap !== bit) [x2, x3, z2, z3] = [x3, x2, z3, z2]
    swap = bit
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3]
    const [aa, bb, da, cb] = [mod(a * a), mod(b * b), mod(d * a), mod(c * b)]
    const e = aa - bb
    x3 = mod((da + cb) ** 2n)
    z3 = mod(u * mod((da - cb) ** 2n))
    x2 = mod(aa * bb)
    z2 = mod(e * (aa + 121665n * e))
  }
  if (swap) [x2, z2] = [x3, z3]
  return z2 === 0n ? 0n : mod(x2 * etc.invert(z2, p))
}
