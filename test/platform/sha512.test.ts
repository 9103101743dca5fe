import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha512 } from '../../src/platform/browser/sha512.ts'
import { bytes } from './arbitrary-bytes.ts'

const ofNode = (message: Uint8Array) => new Uint8Array(createHash('sha512').update(message).digest())

// Around each border of a block of 128 bytes, of which the last one has room for 111.
test.each([0, 1, 110, 111, 112, 127, 128, 129, 239, 240, 256, 70_000])('SHA-512 of %i bytes', (length) => {
  const message = Uint8Array.from({ length }, (_, i) => i * 7)
  expect(sha512(message)).toEqual(ofNode(message))
})

test('SHA-512 of anything', () => {
  fc.assert(
    fc.property(bytes(0, 300), (message) => {
      expect(sha512(message)).toEqual(ofNode(message))
    }),
  )
})
