import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RangeOrder } from '../../src/storage/range-order.ts'

const call = fc.record({ start: fc.nat(20), size: fc.integer({ min: 1, max: 20 }), changes: fc.boolean() })

test('what touches the same bytes happens in the order of the calls, everything else at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 12 }), fc.infiniteStream(fc.nat()), async (calls, lots) => {
      const order = new RangeOrder()
      const begun: number[] = []
      const over = new Set<number>()
      const underWay = new Map<number, () => void>()
      const results = calls.map(({ start, size, changes }, i) =>
        order.run(start, start + size, changes, () => {
          begun.push(i)
          return new Promise<number>((resolve) => underWay.set(i, () => resolve(i)))
        }),
      )
      const inTheWay = (i: number) =>
        calls.slice(0, i).flatMap((other, j) => {
          const { start, size, changes } = calls[i] as (typeof calls)[0]
          const overlap = other.start < start + size && start < other.start + other.size
          return overlap && (changes || other.changes) ? [j] : []
        })
      while (over.size < calls.length) {
        for (const [i] of calls.entries())
          expect(begun.includes(i)).toBe(inTheWay(i).every((j) => over.has(j)))
        const open = [...underWay.keys()]
        const i = open[(lots.next().value as number) % open.length] as number
        over.add(i)
        underWay.get(i)?.()
        underWay.delete(i)
        await results[i]
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      expect(await Promise.all(results)).toEqual(calls.map((_, i) => i))
    }),
    { numRuns: 50 },
  )
})

test('what fails holds up nobody', async () => {
  const order = new RangeOrder()
  const first = order.run(0, 10, true, () => Promise.reject(new Error('full')))
  const second = order.run(5, 6, false, async () => 'read')
  await expect(first).rejects.toThrow('full')
  expect(await second).toBe('read')
})
