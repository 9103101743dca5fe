/** What hypercore takes as its option `crypto`: Ed25519 over bytes, answered by callback. */
export interface Signatures {
  sign(
    message: Uint8Array,
    secretKey: Uint8Array,
    done: (error: Error | null, signature?: Buffer) => void,
  ): void
  verify(
    message: Uint8Array,
    signature: Uint8Array,
    publicKey: Uint8Array,
    done: (error: Error | null, valid?: boolean) => void,
  ): void
}

/** In Node hypercore's own are the fastest; the build for browsers has others in place of this file. */
export const signatures: Signatures | undefined = undefined
