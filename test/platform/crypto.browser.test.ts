import { expect, test } from 'vitest'
import { sodium } from '../../src/platform/browser/sodium.ts'
import { XSalsa20 } from '../../src/platform/browser/xsalsa20.ts'

// The property tests against sodium run in Node; here, that the same code computes the same in a page.
test('signatures are those of RFC 8032', () => {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(64)
  const seed = Buffer.from('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'hex')
  const message = Buffer.from('af82', 'hex')
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  expect(publicKey.toString('hex')).toBe('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(signature, message, secretKey)
  expect(signature.toString('hex')).toMatch(/^6291d657deec24024827e69c3abe01a3/)
  expect(sodium.crypto_sign_verify_detached(signature, message, publicKey)).toBe(true)
  expect(sodium.crypto_sign_verify_detached(signature, Buffer.from('af83', 'hex'), publicKey)).toBe(false)
})

test('hashes are those of RFC 7693', () => {
  const out = Buffer.alloc(64)
  sodium.crypto_generichash_batch(out, [Buffer.from('a'), Buffer.from('bc')])
  expect(out.toString('hex')).toMatch(/^ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b7/)
})

test('a stream longer than the memory of the cipher comes back from a second one', () => {
  const [nonce, key] = [Buffer.alloc(24, 1), Buffer.alloc(32, 2)]
  const text = Buffer.alloc(70_000_000, 'replic8')
  for (let i = 0; i < 2; i++) {
    const cipher = new XSalsa20(nonce, key)
    cipher.update(text, text)
    cipher.final()
    if (i === 0) expect(text.subarray(0, 7).toString()).not.toBe('replic8')
  }
  expect(text.equals(Buffer.alloc(text.length, 'replic8'))).toBe(true)
})
