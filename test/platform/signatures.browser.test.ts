import { describe, expect, test } from 'vitest'
import { hypercore, memory, replic8 } from '../../src/entry/index.ts'
import { signatures } from '../../src/platform/browser/signatures.ts'
import { sodium } from '../../src/platform/browser/sodium.ts'
import { signatures as chosen } from '../../src/platform/signatures.ts'

function keyPair() {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(64)
  sodium.crypto_sign_keypair(publicKey, secretKey)
  return { publicKey, secretKey }
}

const sign = (message: Uint8Array, secretKey: Uint8Array) =>
  new Promise<Buffer>((resolve, reject) => {
    signatures.sign(message, secretKey, (error, signature) =>
      error ? reject(error) : resolve(signature as Buffer),
    )
  })

const verify = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) =>
  new Promise<boolean>((resolve, reject) => {
    signatures.verify(message, signature, publicKey, (error, valid) =>
      error ? reject(error) : resolve(valid as boolean),
    )
  })

test('are what the engine of a page uses', () => {
  expect(chosen).toBe(signatures)
})

describe('signatures of the browser', () => {
  test('are those of libsodium, byte for byte', async () => {
    for (let length = 0; length < 100; length += 9) {
      const { publicKey, secretKey } = keyPair()
      const message = Buffer.alloc(length, length)
      const expected = Buffer.alloc(64)
      sodium.crypto_sign_detached(expected, message, secretKey)
      expect((await sign(message, secretKey)).equals(expected)).toBe(true)
      expect(await verify(expected, message, publicKey)).toBe(true)
    }
  })

  test('are refused when the signature, the message or the key is another', async () => {
    const { publicKey, secretKey } = keyPair()
    const message = Buffer.from('a block')
    const signature = await sign(message, secretKey)
    const flipped = Buffer.from(signature)
    flipped[40] = (flipped[40] as number) ^ 1
    expect(await verify(flipped, message, publicKey)).toBe(false)
    expect(await verify(signature, Buffer.from('a clock'), publicKey)).toBe(false)
    expect(await verify(signature, message, keyPair().publicKey)).toBe(false)
  })

  test('of a key for which anybody can sign are refused', async () => {
    // The neutral element: with it 0 B = R - k A holds for every message.
    const neutral = Buffer.alloc(32)
    neutral[0] = 1
    const forged = Buffer.concat([neutral, Buffer.alloc(32)])
    expect(await verify(forged, Buffer.from('anything'), neutral)).toBe(false)
  })

  test('of a key that is no point are refused', async () => {
    const { secretKey } = keyPair()
    const signature = await sign(Buffer.from('a'), secretKey)
    expect(await verify(signature, Buffer.from('a'), Buffer.alloc(32, 0xff))).toBe(false)
  })
})

test('of blocks that are appended while a peer is there are made and checked by the browser', async () => {
  const key = Buffer.alloc(32, 7)
  const [near, far] = [replic8(key, { live: true }), replic8(key, { live: true })]
  const feed = hypercore(memory())
  await new Promise((done) => feed.ready(done))
  const copied = new Promise<typeof feed>((resolve) => {
    far.on('advertise', (offer, accept) => {
      const copy = hypercore(memory(), offer.keys[0])
      accept(null, [copy])
      resolve(copy)
    })
  })
  near.share([feed])
  near.pipe(far.stream)
  const copy = await copied
  for (let i = 0; i < 5; i++) {
    const block = new Promise<Buffer>((resolve, reject) => {
      copy.get(i, (error, value) => (error ? reject(error) : resolve(value as Buffer)))
    })
    feed.append(Buffer.from(`block ${i}`))
    expect((await block).toString()).toBe(`block ${i}`)
  }
  near.end()
  await Promise.all([near.closed, far.closed])
})
