import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Few } from '../src/few.ts'

test('does what a Map does', () => {
  const key = fc.constantFrom(null, 'a', 'b', 'c')
  const step = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'clear'), key, value: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const few = new Few<string | null, number>()
      const map = new Map<string | null, number>()
      for (const { kind, key, value } of steps) {
        if (kind === 'set') for (const one of [few, map]) one.set(key, value)
        else if (kind === 'delete') expect(few.delete(key)).toBe(map.delete(key))
        else for (const one of [few, map]) one.clear()
        expect(few.get(key)).toBe(map.get(key))
        expect(few.size).toBe(map.size)
        expect(few.entries()).toEqual([...map])
        expect(few.values()).toEqual([...map.values()])
        const each: number[] = []
        few.each((value) => each.push(value))
        expect(each).toEqual([...map.values()])
      }
    }),
  )
})

test('an entry that is undefined is an entry', () => {
  const few = new Few<undefined, undefined>()
  expect([few.size, few.delete(undefined)]).toEqual([0, false])
  few.set(undefined, undefined)
  expect([few.size, few.delete(undefined), few.size]).toEqual([1, true, 0])
})
