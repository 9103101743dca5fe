/**
 * The part of libsodium that hypercore, its wire protocol and Noise call, in place of the packages sodium-native
 * and sodium-javascript. Names, argument orders and results are sodium-native's; the property tests compare both.
 * No method uses `this`: the callers take them out of the object.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import * as ed25519 from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { hash } from './blake2b.ts'
import { x25519 } from './x25519.ts'

ed25519.hashes.sha512 = sha512

/** The most that `crypto.getRandomValues` gives at once (W3C Web Cryptography API, 10.1.1). */
const randomSliceBytes = 65_536

function randombytes_buf(out: Uint8Array): void {
  const bytes = new Uint8Array(out.buffer as ArrayBuffer, out.byteOffset, out.byteLength)
  for (let start = 0; start < bytes.length; start += randomSliceBytes) {
    globalThis.crypto.getRandomValues(bytes.subarray(start, start + randomSliceBytes))
  }
}

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  randombytes_buf(bytes)
  return bytes
}

const memory = {
  sodium_malloc: (size: number) => Buffer.alloc(size),
  sodium_memzero: (bytes: Uint8Array) => {
    bytes.fill(0)
  },
  sodium_free: (bytes: Uint8Array) => {
    bytes.fill(0)
  },
  sodium_memcmp(a: Uint8Array, b: Uint8Array): boolean {
    if (a.length !== b.length) throw new Error('buffers must be of same length')
    let difference = 0
    for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
    return difference === 0
  },
  sodium_is_zero(bytes: Uint8Array): boolean {
    let bits = 0
    for (const byte of bytes) bits |= byte
    return bits === 0
  },
  /** Adds one to a little-endian number of any length, in place. */
  sodium_increment(bytes: Uint8Array): void {
    let carry = 1
    for (let i = 0; i < bytes.length; i++) {
      carry += bytes[i] as number
      bytes[i] = carry & 0xff
      carry >>= 8
    }
  },
}

const hashing = {
  crypto_generichash_BYTES: 32,
  crypto_generichash_KEYBYTES: 32,
  crypto_generichash: (out: Uint8Array, message: Uint8Array, key?: Uint8Array | null) =>
    hash(out, [message], key),
  crypto_generichash_batch: (out: Uint8Array, chunks: readonly Uint8Array[], key?: Uint8Array | null) =>
    hash(out, chunks, key),
}

/** Ed25519; as in libsodium a secret key is its 32-byte seed followed by the public key. */
const signing = {
  crypto_sign_BYTES: 64,
  crypto_sign_PUBLICKEYBYTES: 32,
  crypto_sign_SECRETKEYBYTES: 64,
  crypto_sign_SEEDBYTES: 32,
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void {
    publicKey.set(ed25519.getPublicKey(seed))
    secretKey.set(seed)
    secretKey.set(publicKey, 32)
  },
  crypto_sign_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void {
    signing.crypto_sign_seed_keypair(publicKey, secretKey, randomBytes(32))
  },
  crypto_sign_ed25519_sk_to_pk(publicKey: Uint8Array, secretKey: Uint8Array): void {
    publicKey.set(secretKey.subarray(32))
  },
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void {
    signature.set(ed25519.sign(message, secretKey.subarray(0, 32)))
  },
  // zip215: false is RFC 8032, as libsodium has it: it refuses keys and points in a non-canonical encoding.
  crypto_sign_verify_detached: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean =>
    ed25519.verify(signature, message, publicKey, { zip215: false }),
}

/** X25519 (RFC 7748), for the Noise handshake. */
const exchange = {
  crypto_scalarmult_BYTES: 32,
  crypto_scalarmult_SCALARBYTES: 32,
  crypto_kx_SEEDBYTES: 32,
  crypto_kx_PUBLICKEYBYTES: 32,
  crypto_kx_SECRETKEYBYTES: 32,
  /** Throws where the shared secret would be zero, as sodium-native does. */
  crypto_scalarmult(out: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void {
    out.set(x25519.scalarMult(secretKey, publicKey))
  },
  crypto_kx_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void {
    randombytes_buf(secretKey)
    publicKey.set(x25519.scalarMultBase(secretKey))
  },
  crypto_kx_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void {
    hash(secretKey, [seed])
    publicKey.set(x25519.scalarMultBase(secretKey))
  },
}

/** ChaCha20-Poly1305 (RFC 8439), for the messages of the Noise handshake. `nsec` is unused, as in libsodium. */
const sealing = {
  crypto_aead_chacha20poly1305_ietf_KEYBYTES: 32,
  crypto_aead_chacha20poly1305_ietf_NPUBBYTES: 12,
  crypto_aead_chacha20poly1305_ietf_ABYTES: 16,
  crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Uint8Array,
    message: Uint8Array,
    ad: Uint8Array | null,
    _nsec: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number {
    const sealed = chacha20poly1305(key, nonce, ad ?? undefined).encrypt(message)
    out.set(sealed)
    return sealed.length
  },
  /** Throws when the message was changed. */
  crypto_aead_chacha20poly1305_ietf_decrypt(
    out: Uint8Array,
    _nsec: null,
    sealed: Uint8Array,
    ad: Uint8Array | null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number {
    const message = chacha20poly1305(key, nonce, ad ?? undefined).decrypt(sealed)
    out.set(message)
    return message.length
  },
}

export const sodium = { randombytes_buf, ...memory, ...hashing, ...signing, ...exchange, ...sealing }

// CommonJS requires this module and takes the object itself.
export { sodium as default, sodium as 'module.exports' }
