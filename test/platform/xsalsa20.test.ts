import fc from 'fast-check'
import sodiumNative from 'sodium-native'
import { expect, test } from 'vitest'
import { XSalsa20 } from '../../src/platform/browser/xsalsa20.ts'
import { bytes } from './arbitrary-bytes.ts'

class NativeXSalsa20 {
  readonly #state = Buffer.alloc(sodiumNative.crypto_stream_xor_STATEBYTES)

  constructor(nonce: Uint8Array, key: Uint8Array) {
    sodiumNative.crypto_stream_xor_init(this.#state, Buffer.from(nonce), Buffer.from(key))
  }

  update(out: Uint8Array, message: Uint8Array) {
    sodiumNative.crypto_stream_xor_update(this.#state, out, message)
  }
}

test('a browser encrypts a stream as Node does, however it is cut', () => {
  const chunks = fc.array(bytes(0, 400), { maxLength: 12 })
  fc.assert(
    fc.property(bytes(24), bytes(32), chunks, (nonce, key, parts) => {
      const ours = new XSalsa20(nonce, key)
      const theirs = new NativeXSalsa20(nonce, key)
      for (const part of parts) {
        const [a, b] = [Buffer.alloc(part.length), Buffer.alloc(part.length)]
        ours.update(a, part)
        theirs.update(b, part)
        expect(a).toEqual(b)
      }
      ours.final()
    }),
  )
})

test('many streams at once do not disturb each other', () => {
  const nonce = Buffer.alloc(24, 1)
  const keys = Array.from({ length: 50 }, (_, i) => Buffer.alloc(32, i))
  const ours = keys.map((key) => new XSalsa20(nonce, key))
  const theirs = keys.map((key) => new NativeXSalsa20(nonce, key))
  for (let round = 0; round < 5; round++) {
    ours.forEach((cipher, i) => {
      const [a, b] = [Buffer.alloc(37 * i, round), Buffer.alloc(37 * i, round)]
      cipher.update(a, a)
      theirs[i]?.update(b, b)
      expect(a).toEqual(b)
    })
  }
  for (const cipher of ours) cipher.final()
})

test('a message larger than the memory of the cipher is encrypted in place', () => {
  const [nonce, key] = [Buffer.alloc(24, 1), Buffer.alloc(32, 2)]
  const size = 70_000_000
  const [a, b] = [Buffer.alloc(size, 3), Buffer.alloc(size, 3)]
  const cipher = new XSalsa20(nonce, key)
  cipher.update(a, a)
  cipher.final()
  new NativeXSalsa20(nonce, key).update(b, b)
  expect(a.equals(b)).toBe(true)
})
