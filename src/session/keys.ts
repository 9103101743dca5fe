import sodium from 'sodium-universal'
import { fromHex } from '../bytes.ts'
import { Replic8Error } from '../errors.ts'

/** What is derived from the encryption key. BLAKE2b with a key is a PRF (RFC 7693), so each label gives an unrelated key. */

/**
 * The encryption key as 32 bytes of its own.
 * Errors: ERR_BAD_KEY for anything but 32 bytes or 64 hex digits.
 */
export function checkEncryptionKey(key: unknown): Buffer {
  const bytes = typeof key === 'string' ? fromHex(key) : key
  if (!(bytes instanceof Uint8Array) || bytes.length !== 32) throw new Replic8Error('ERR_BAD_KEY')
  return Buffer.from(bytes)
}

/** The topic of an encryption key, 32 bytes: peers that hold the key find each other by it, and it tells nothing about the key. */
export function topicOf(encryptionKey: Uint8Array | string): Buffer {
  return derive(checkEncryptionKey(encryptionKey), 'replic8 topic v1', [])
}

/** Secrets that only the two ends of one handshake can compute, by label, and that differ by direction. */
export interface Exporter {
  /** What this end computes. Equals the other end's `remote` of the same label. */
  local(label: Buffer): Buffer
  remote(label: Buffer): Buffer
}

export interface ControlKeys {
  /** The key of the control channel; its discovery key is new for each connection. */
  channel: Buffer
  /** Names the connection: the same at both ends, different for each connection, and no secret. */
  id: Buffer
  /** Authenticates what this end sends. */
  send: Buffer
  /** Authenticates what the other end sends. */
  receive: Buffer
  /** Of the fingerprints of what is offered and remembered: the same at both ends. */
  fingerprints: Buffer
}

const label = hash(Buffer.from('replic8 exporter v1'))

/** The keys of one connection's control channel: they depend on the encryption key and on this very handshake. */
export function controlKeys(encryptionKey: Buffer, exporter: Exporter): ControlKeys {
  const local = exporter.local(label)
  const remote = exporter.remote(label)
  const sorted = Buffer.compare(local, remote) < 0 ? [local, remote] : [remote, local]
  return {
    channel: derive(encryptionKey, 'replic8 control channel v1', sorted),
    id: derive(encryptionKey, 'replic8 connection id v1', sorted),
    send: derive(encryptionKey, 'replic8 control messages v1', [local]),
    receive: derive(encryptionKey, 'replic8 control messages v1', [remote]),
    fingerprints: derive(encryptionKey, 'replic8 fingerprints v1', sorted),
  }
}

/** Bytes of the code behind each control message. */
export const macBytes = 16

/** BLAKE2b-128 over the message's number (8 bytes, big endian, from 0) and its bytes. */
export function messageCode(key: Buffer, sequence: number, message: Uint8Array): Buffer {
  const number = Buffer.alloc(8)
  number.writeUInt32BE(Math.floor(sequence / 2 ** 32), 0)
  number.writeUInt32BE(sequence >>> 0, 4)
  const code = Buffer.alloc(macBytes)
  sodium.crypto_generichash_batch(code, [number, message], key)
  return code
}

/** BLAKE2b-128 with a key, into `out`. */
export function fingerprintsWith(key: Buffer): (bytes: Uint8Array, out: Uint8Array) => void {
  return (bytes, out) => sodium.crypto_generichash(out, bytes, key)
}

export function randomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  sodium.randombytes_buf(bytes)
  return bytes
}

function derive(key: Buffer, purpose: string, parts: Buffer[]): Buffer {
  const out = Buffer.alloc(32)
  sodium.crypto_generichash_batch(out, [Buffer.from(purpose), ...parts], key)
  return out
}

function hash(message: Buffer): Buffer {
  const out = Buffer.alloc(32)
  sodium.crypto_generichash(out, message)
  return out
}
