import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes.ts'
import { OutgoingQueue } from '../../src/transports/outgoing-queue.ts'
import { patternBytes } from './connected-end.ts'

test('gives back every byte in order, in messages that are small enough', () => {
  const lengths = fc.array(fc.oneof(fc.nat(10), fc.nat(200)), { maxLength: 200 })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 64 }), fc.nat(5), (sizes, most, every) => {
      const queue = new OutgoingQueue()
      const messages: Uint8Array[] = []
      let pushed = 0
      const takeOne = () => {
        const message = queue.take(most)
        if (message) messages.push(message)
        return message
      }
      for (const [i, size] of sizes.entries()) {
        queue.push(patternBytes(pushed, size))
        pushed += size
        if (every && i % every === 0) takeOne()
      }
      while (takeOne()) {}
      expect(queue.bytes).toBe(0)
      expect(Math.max(0, ...messages.map((message) => message.length))).toBeLessThanOrEqual(most)
      expect(concatBytes(messages)).toEqual(patternBytes(0, pushed))
    }),
  )
})

test('joins small chunks, splits large ones without a copy, and copies no single chunk', () => {
  const queue = new OutgoingQueue()
  const large = new Uint8Array(25)
  for (const chunk of [new Uint8Array(3), new Uint8Array(4), large]) queue.push(chunk)
  expect(queue.take(10)).toHaveLength(7)
  expect(queue.take(10)?.buffer).toBe(large.buffer)
  expect(queue.take(10)).toHaveLength(10)
  expect(queue.take(10)).toHaveLength(5)
  expect(queue.take(10)).toBeUndefined()
  queue.push(large)
  expect(queue.take(100)).toBe(large)
})

test('holds nothing after it was cleared', () => {
  const queue = new OutgoingQueue()
  queue.push(new Uint8Array(3))
  queue.clear()
  expect([queue.bytes, queue.take(10)]).toEqual([0, undefined])
})
