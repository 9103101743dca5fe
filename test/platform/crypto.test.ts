import fc from 'fast-check'
import sodiumNative from 'sodium-native'
import { describe, expect, test } from 'vitest'
import { sodium } from '../../src/platform/browser/sodium.ts'
import { bytes } from './arbitrary-bytes.ts'

// The browser's crypto against the one that Node peers use: what one writes, the other must read.
const key = bytes(32)
const fill = (size: number, write: (out: Buffer) => void): Buffer => {
  const out = Buffer.alloc(size)
  write(out)
  return out
}
const throws = (run: () => unknown): boolean => {
  try {
    run()
    return false
  } catch {
    return true
  }
}

describe('signatures', () => {
  const pair = (impl: typeof sodium, seed: Uint8Array) => {
    const secretKey = Buffer.alloc(64)
    return { publicKey: fill(32, (out) => impl.crypto_sign_seed_keypair(out, secretKey, seed)), secretKey }
  }

  test('a seed gives the same key pair in a browser and in Node', () => {
    fc.assert(
      fc.property(key, (seed) => {
        expect(pair(sodium, seed)).toEqual(pair(sodiumNative, seed))
      }),
      { numRuns: 30 },
    )
  })

  test('a browser and Node sign alike, and accept what the other signed', () => {
    fc.assert(
      fc.property(key, bytes(0, 300), (seed, message) => {
        const { publicKey, secretKey } = pair(sodiumNative, seed)
        const ours = fill(64, (out) => sodium.crypto_sign_detached(out, message, secretKey))
        const theirs = fill(64, (out) => sodiumNative.crypto_sign_detached(out, message, secretKey))
        expect(ours).toEqual(theirs)
        expect(sodium.crypto_sign_verify_detached(theirs, message, publicKey)).toBe(true)
        expect(fill(32, (out) => sodium.crypto_sign_ed25519_sk_to_pk(out, secretKey))).toEqual(publicKey)
      }),
      { numRuns: 30 },
    )
  })

  test('a changed signature, message or key is refused, as in Node', () => {
    const part = fc.constantFrom('signature', 'message', 'publicKey')
    fc.assert(
      fc.property(key, bytes(1, 100), part, fc.nat(), fc.nat(7), (seed, message, where, at, bit) => {
        const { publicKey, secretKey } = pair(sodiumNative, seed)
        const signature = fill(64, (out) => sodiumNative.crypto_sign_detached(out, message, secretKey))
        const parts = { signature, message: Buffer.from(message), publicKey }
        const changed = parts[where]
        const index = at % changed.length
        changed[index] = (changed[index] as number) ^ (1 << bit)
        const verify = (impl: typeof sodium) =>
          impl.crypto_sign_verify_detached(parts.signature, parts.message, parts.publicKey)
        expect(verify(sodium)).toBe(false)
        expect(verify(sodiumNative)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  // Points of small order sign anything; RFC 8032 section 5.1.7 leaves them to the implementation.
  test.each([
    ['the neutral point', '01'.padEnd(64, '0')],
    ['a point of order two', `ec${'ff'.repeat(30)}7f`],
    ['a non-canonical neutral point', `ee${'ff'.repeat(30)}7f`],
    ['a point of order eight', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ])('%s is no public key', (_name, hex) => {
    const publicKey = Buffer.from(hex, 'hex')
    const signature = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(32)])
    const message = Buffer.from('anything')
    expect(sodium.crypto_sign_verify_detached(signature, message, publicKey)).toBe(false)
    expect(sodiumNative.crypto_sign_verify_detached(signature, message, publicKey)).toBe(false)
  })

  test('random key pairs differ and sign', () => {
    const make = () => {
      const secretKey = Buffer.alloc(64)
      return { publicKey: fill(32, (out) => sodium.crypto_sign_keypair(out, secretKey)), secretKey }
    }
    const [a, b] = [make(), make()]
    expect(a.publicKey).not.toEqual(b.publicKey)
    const message = Buffer.from('hello')
    const signature = fill(64, (out) => sodium.crypto_sign_detached(out, message, a.secretKey))
    expect(sodiumNative.crypto_sign_verify_detached(signature, message, a.publicKey)).toBe(true)
  })
})

describe('key exchange', () => {
  const pair = (impl: typeof sodium, seed: Uint8Array) => {
    const secretKey = Buffer.alloc(32)
    return { publicKey: fill(32, (out) => impl.crypto_kx_seed_keypair(out, secretKey, seed)), secretKey }
  }

  test('both compute the same key pair and the same shared secret', () => {
    fc.assert(
      fc.property(key, key, (mine, yours) => {
        const a = pair(sodium, mine)
        const b = pair(sodiumNative, yours)
        expect(a).toEqual(pair(sodiumNative, mine))
        const ours = fill(32, (out) => sodium.crypto_scalarmult(out, a.secretKey, b.publicKey))
        const theirs = fill(32, (out) => sodiumNative.crypto_scalarmult(out, b.secretKey, a.publicKey))
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 30 },
    )
  })

  test('a public key that makes every secret zero is refused, as in Node', () => {
    const { secretKey } = pair(sodium, Buffer.alloc(32, 1))
    for (const publicKey of [Buffer.alloc(32), Buffer.from('01'.padEnd(64, '0'), 'hex')]) {
      expect(throws(() => sodium.crypto_scalarmult(Buffer.alloc(32), secretKey, publicKey))).toBe(true)
      expect(throws(() => sodiumNative.crypto_scalarmult(Buffer.alloc(32), secretKey, publicKey))).toBe(true)
    }
  })

  test('random key pairs agree on a secret', () => {
    const secrets = [Buffer.alloc(32), Buffer.alloc(32)] as const
    const publics = secrets.map((secret) => fill(32, (out) => sodium.crypto_kx_keypair(out, secret)))
    const shared = (i: 0 | 1) =>
      fill(32, (out) => sodiumNative.crypto_scalarmult(out, secrets[i], publics[1 - i]))
    expect(shared(0)).toEqual(shared(1))
    expect(publics[0]).not.toEqual(publics[1])
  })
})

describe('sealed messages', () => {
  const name = 'crypto_aead_chacha20poly1305_ietf'
  const seal = (impl: typeof sodium, m: Uint8Array, ad: Uint8Array | null, n: Uint8Array, k: Uint8Array) =>
    fill(m.length + 16, (out) => expect(impl[`${name}_encrypt`](out, m, ad, null, n, k)).toBe(out.length))

  test('both seal alike and open what the other sealed', () => {
    const ad = fc.option(bytes(1, 64))
    fc.assert(
      fc.property(bytes(1, 300), ad, bytes(12), key, (message, extra, nonce, secret) => {
        const sealed = seal(sodium, message, extra, nonce, secret)
        expect(sealed).toEqual(seal(sodiumNative, message, extra, nonce, secret))
        const opened = fill(message.length, (out) =>
          expect(sodium[`${name}_decrypt`](out, null, sealed, extra, nonce, secret)).toBe(out.length),
        )
        expect(opened).toEqual(Buffer.from(message))
      }),
    )
  })

  test('a changed message does not open', () => {
    fc.assert(
      fc.property(bytes(1, 60), bytes(12), key, fc.nat(), (message, nonce, secret, at) => {
        const sealed = seal(sodium, message, null, nonce, secret)
        const index = at % sealed.length
        sealed[index] = (sealed[index] as number) ^ 1
        const out = Buffer.alloc(message.length)
        expect(throws(() => sodium[`${name}_decrypt`](out, null, sealed, null, nonce, secret))).toBe(true)
      }),
    )
  })
})

describe('helpers', () => {
  test('counting, comparing and clearing do what sodium does', () => {
    const sameLength = fc.nat(40).chain((size) => fc.tuple(bytes(size), bytes(size)))
    fc.assert(
      fc.property(sameLength, ([a, b]) => {
        const [ours, theirs] = [Buffer.from(a), Buffer.from(a)]
        sodium.sodium_increment(ours)
        sodiumNative.sodium_increment(theirs)
        expect(ours).toEqual(theirs)
        expect(sodium.sodium_memcmp(a, b)).toBe(sodiumNative.sodium_memcmp(a, b))
        expect(sodium.sodium_memcmp(a, a)).toBe(true)
        expect(sodium.sodium_is_zero(a)).toBe(a.every((byte) => byte === 0))
        sodium.sodium_memzero(ours)
        expect(sodium.sodium_is_zero(ours)).toBe(true)
      }),
    )
  })

  test('counting carries over the last byte', () => {
    const counter = Buffer.from([0xff, 0xff, 0])
    sodium.sodium_increment(counter)
    expect([...counter]).toEqual([0, 0, 1])
  })

  test('random bytes fill more than a browser gives at once', () => {
    const out = Buffer.alloc(200_000)
    sodium.randombytes_buf(out)
    const quarters = [0, 1, 2, 3].map((i) => out.subarray(i * 50_000, (i + 1) * 50_000))
    for (const quarter of quarters) expect(new Set(quarter).size).toBe(256)
  })

  test('every constant has the value of sodium', () => {
    const constants = Object.entries(sodium).filter(([, value]) => typeof value === 'number')
    expect(constants.length).toBeGreaterThan(10)
    for (const [name, value] of constants) expect([name, value]).toEqual([name, sodiumNative[name]])
  })
})
