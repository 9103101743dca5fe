import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../src/bytes.ts'

test('hex digits are those of Buffer, there and back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const hex = Buffer.from(bytes).toString('hex')
      expect(toHex(bytes)).toBe(hex)
      expect(fromHex(hex)).toEqual(bytes)
      expect(fromHex(hex.toUpperCase())).toEqual(bytes)
    }),
  )
})

test.each(['0', 'xy', '0g', ' 0', '0\u0130', 'é0', '00é'])('%j is no hex', (text) => {
  expect(fromHex(text)).toBeUndefined()
})
