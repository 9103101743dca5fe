import crypto from 'hypercore-crypto'

/** The key pair of a new feed. */
export function newKeyPair(): { publicKey: Buffer; secretKey: Buffer } {
  return crypto.keyPair()
}
