/** X25519 (RFC 7748), a few times for each handshake: the ladder of @noble/curves, told which curve. */
import { mod, pow } from '@noble/curves/abstract/modular.js'
import { montgomery } from '@noble/curves/abstract/montgomery.js'
import { Point } from '@noble/ed25519'

const { p: P, n: order } = Point.CURVE()
const inverse = (x: bigint) => pow(x, P - 2n, P)

/** `scalarMult` throws where the result would be zero, as for points of small order: RFC 7748, 6.1. */
export const x25519 = montgomery({
  P,
  type: 'x25519',
  // RFC 7748, 5: decodeScalar25519.
  adjustScalarBytes(bytes: Uint8Array<ArrayBuffer>) {
    bytes[0] = (bytes[0] as number) & 248
    bytes[31] = ((bytes[31] as number) & 127) | 64
    return bytes
  },
  powPminus2: inverse,
  // By way of Ed25519's curve, for whose base point there are tables: RFC 7748, 4.1.
  scalarMultBase(scalar) {
    const reduced = mod(scalar, order)
    if (reduced === 0n) return 0n
    const { Y, Z } = Point.BASE.multiply(reduced)
    return mod((Z + Y) * inverse(mod(Z - Y, P)), P)
  },
})
