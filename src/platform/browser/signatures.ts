/**
 * Ed25519 by the browser's own Web Cryptography API, which takes a twentieth of the time that JavaScript does. Where it has
 * none, as outside of secure contexts and before Chromium 137, Firefox 129 and Safari 17, JavaScript does it.
 */
import { Point } from '@noble/ed25519'
import type { Signatures } from '../signatures.ts'
import { sodium } from './sodium.ts'

const algorithm = 'Ed25519'

/** Stands before the 32 bytes of the seed in a private key as PKCS #8 has it (RFC 8410, section 7). */
const pkcs8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

/** Imported keys by the bytes that a core holds; null: JavaScript has to do it. */
const publicKeys = new WeakMap<Uint8Array, Promise<CryptoKey | null>>()
const secretKeys = new WeakMap<Uint8Array, Promise<CryptoKey | null>>()

export const signatures: Signatures = {
  async sign(message, secretKey, done) {
    const key = await remembered(secretKeys, secretKey, importSecret)
    const signature = Buffer.alloc(64)
    try {
      if (key) signature.set(new Uint8Array(await crypto.subtle.sign(algorithm, key, own(message))))
      else sodium.crypto_sign_detached(signature, message, secretKey)
    } catch (error) {
      return queueMicrotask(() => done(error as Error))
    }
    // What the callback throws is no rejection of this.
    queueMicrotask(() => done(null, signature))
  },

  async verify(message, signature, publicKey, done) {
    const key = await remembered(publicKeys, publicKey, importPublic)
    let valid = false
    try {
      valid = key
        ? await crypto.subtle.verify(algorithm, key, own(signature), own(message))
        : sodium.crypto_sign_verify_detached(signature, message, publicKey)
    } catch (error) {
      return queueMicrotask(() => done(error as Error))
    }
    queueMicrotask(() => done(null, valid))
  },
}

type Keys = WeakMap<Uint8Array, Promise<CryptoKey | null>>

function remembered(keys: Keys, bytes: Uint8Array, load: (bytes: Uint8Array) => Promise<CryptoKey>) {
  let key = keys.get(bytes)
  if (!key) {
    key = load(bytes).catch(() => null)
    keys.set(bytes, key)
  }
  return key
}

function importSecret(secretKey: Uint8Array): Promise<CryptoKey> {
  const bytes = new Uint8Array(pkcs8.length + 32)
  bytes.set(pkcs8)
  bytes.set(secretKey.subarray(0, 32), pkcs8.length)
  return crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign'])
}

/** Browsers differ in whether they refuse points that libsodium refuses: such a key is for JavaScript, which does. */
async function importPublic(publicKey: Uint8Array): Promise<CryptoKey> {
  if (Point.fromBytes(publicKey).isSmallOrder())
    throw new Error('Anybody can sign for a point of small order.')
  return crypto.subtle.importKey('raw', own(publicKey), algorithm, false, ['verify'])
}

/** The API takes no bytes that are shared among threads, and none here are. */
const own = (bytes: Uint8Array) => bytes as Uint8Array<ArrayBuffer>
