import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxVarintBytes, readVarint, varintLength, writeVarint } from '../../src/wire/varint.ts'

function written(value: number): Uint8Array {
  const bytes = new Uint8Array(maxVarintBytes)
  return bytes.subarray(0, writeVarint(bytes, 0, value))
}

test('every whole number up to 2^53 - 1 comes back, and its length is known beforehand', () => {
  const edges = Array.from({ length: 54 }, (_, n) => [2 ** n - 1, 2 ** n]).flat()
  const value = fc.oneof(fc.maxSafeNat(), fc.constantFrom(...edges.filter(Number.isSafeInteger)))
  fc.assert(
    fc.property(value, (n) => {
      const bytes = written(n)
      const at = { bytes, offset: 0 }
      expect(readVarint(at)).toBe(n)
      expect(at.offset).toBe(bytes.length)
      expect(varintLength(n)).toBe(bytes.length)
    }),
    { numRuns: 2_000 },
  )
})

test('reading begins at the cursor and leaves it behind the number', () => {
  const at = { bytes: Uint8Array.of(0xff, 0x80, 0x01, 0x05), offset: 1 }
  expect(readVarint(at)).toBe(128)
  expect(readVarint(at)).toBe(5)
  expect(at.offset).toBe(4)
})

test.each([
  ['no bytes', []],
  ['an early end', [0x80]],
  ['a longer form', [0x81, 0x00]],
  ['2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
])('%s is refused', (_, bytes) => {
  expect(() => readVarint({ bytes: Uint8Array.from(bytes), offset: 0 })).toThrow(
    expect.objectContaining({ code: 'ERR_PROTOCOL' }),
  )
})
