import hypercoreCrypto from 'hypercore-crypto'

/** A feed of the model: one member writes it, and knows how long it is. */
export interface Feed {
  readonly id: number
  /** The number of the member that writes it. */
  readonly origin: number
  readonly namespace: string | null
  readonly hex: string
  readonly keys: { publicKey: Buffer; secretKey: Buffer }
}

/** Every third feed is shared in a namespace. */
export function feedOf(id: number, origin: number): Feed {
  const keys = hypercoreCrypto.keyPair()
  return { id, origin, namespace: id % 3 === 2 ? 'a' : null, hex: keys.publicKey.toString('hex'), keys }
}
