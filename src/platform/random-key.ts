/** 32 random bytes: an encryption key for those who are to find and to read each other. */
export function randomKey(): Buffer {
  return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(32)))
}
