import { expect, test } from 'vitest'
import { randomKey } from '../../src/platform/random-key.ts'

test('our own sources have Buffer without a global', () => {
  expect('Buffer' in globalThis).toBe(false)
  const key = randomKey()
  expect(Buffer.isBuffer(key)).toBe(true)
  expect(key.toString('hex')).toMatch(/^[0-9a-f]{64}$/)
  expect(key.equals(randomKey())).toBe(false)
})
