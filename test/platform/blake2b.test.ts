import blake2bWasm from 'blake2b-wasm'
import fc from 'fast-check'
import sodiumNative from 'sodium-native'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Hash, hash, hashInJavaScript, hashInWebAssembly } from '../../src/platform/browser/blake2b.ts'
import { bytes } from './arbitrary-bytes.ts'

beforeAll(() => new Promise<void>((resolve) => blake2bWasm.ready(() => resolve())))

const native: Hash = (out, chunks, key) =>
  key
    ? sodiumNative.crypto_generichash_batch(out, chunks, key)
    : sodiumNative.crypto_generichash_batch(out, chunks)

const hashed = (impl: Hash, size: number, chunks: Uint8Array[], key?: Uint8Array | null) => {
  const out = Buffer.alloc(size)
  impl(out, chunks, key)
  return out.toString('hex')
}

describe.each([
  ['JavaScript', hashInJavaScript],
  ['WebAssembly', hashInWebAssembly],
  ['whichever is ready', hash],
])('BLAKE2b in %s', (_name, impl) => {
  test('hashes chunks of any sizes as sodium does, with and without a key', () => {
    const chunks = fc.array(bytes(0, 300), { minLength: 1, maxLength: 5 })
    const key = fc.option(bytes(16, 64))
    fc.assert(
      fc.property(chunks, key, fc.integer({ min: 16, max: 64 }), (parts, secret, size) => {
        expect(hashed(impl, size, parts, secret)).toBe(hashed(native, size, parts, secret))
      }),
    )
  })

  test.each([65_535, 65_536, 65_537, 3_000_000])('hashes one chunk of %i bytes', (size) => {
    const chunk = Buffer.alloc(size, 'replic8')
    expect(hashed(impl, 32, [chunk])).toBe(hashed(native, 32, [chunk]))
  })

  test('may write the hash over its own input, as the Noise handshake does', () => {
    const [ours, theirs] = [Buffer.alloc(64, 7), Buffer.alloc(64, 7)]
    impl(ours, [Buffer.alloc(128, 1), ours])
    native(theirs, [Buffer.alloc(128, 1), theirs])
    expect(ours).toEqual(theirs)
  })
})
