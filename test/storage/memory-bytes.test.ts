import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryBytes } from '../../src/storage/memory-bytes.ts'

const size = 600_000
const step = fc.record({
  kind: fc.constantFrom('write', 'write', 'write', 'del', 'read'),
  offset: fc.nat(size - 1),
  length: fc.oneof(fc.nat(100), fc.nat(200_000)),
  byte: fc.integer({ min: 1, max: 255 }),
})

test('a file of many pages gives back what was written, in any order, and zeros where nothing was', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
      const file = new MemoryBytes()
      const model = Buffer.alloc(size)
      let end = 0
      for (const { kind, offset, length, byte } of steps) {
        const to = Math.min(size, offset + length)
        if (kind === 'write') {
          file.write(offset, Buffer.alloc(to - offset, byte))
          model.fill(byte, offset, to)
          end = Math.max(end, to)
        } else if (kind === 'del') {
          file.del(offset, length)
          model.fill(0, offset, to)
          if (offset < end && to >= end) end = offset
        } else if (to <= end) {
          expect(Buffer.compare(file.read(offset, to - offset), model.subarray(offset, to))).toBe(0)
        }
      }
      expect(file.size).toBe(end)
      expect(Buffer.compare(file.read(0, end), model.subarray(0, end))).toBe(0)
    }),
    { numRuns: 50 },
  )
})
