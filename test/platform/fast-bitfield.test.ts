import fastBitfield from 'fast-bitfield'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import bits, { type Bits } from '../../src/platform/engine/fast-bitfield.ts'

type Step =
  | { kind: 'set'; index: number; bit: boolean }
  | { kind: 'fill'; start: number; bytes: Uint8Array }
  | { kind: 'seek'; index: number; bit: boolean; count: number }

// Around the edges of words, of what is kept small, and of the package's first page.
const near = (at: number) => fc.integer({ min: Math.max(0, at - 3), max: at + 3 })
const index = fc.oneof(fc.nat(70), fc.nat(1100), near(32), near(1024), near(32_768), fc.nat(100_000))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), index, bit: fc.boolean() }),
  fc.record({
    kind: fc.constant('fill' as const),
    start: fc.nat(130).map((byte) => 8 * byte),
    // hypercore fills whole words.
    bytes: fc.uint8Array({ maxLength: 20 }).filter(({ length }) => length > 0 && length % 4 === 0),
  }),
  fc.record({ kind: fc.constant('seek' as const), index, bit: fc.boolean(), count: fc.nat(5) }),
)

function act(field: Bits, step: Step) {
  switch (step.kind) {
    case 'set':
      return field.set(step.index, step.bit)
    case 'fill':
      return field.fill(step.bytes, step.start - (step.start % 32))
    case 'seek': {
      const iterator = field.iterator().seek(step.index)
      return Array.from({ length: step.count }, () => iterator.next(step.bit))
    }
  }
}

/** Everything that is set. */
function seen(field: Bits) {
  const iterator = field.iterator()
  const set: number[] = []
  for (let i = iterator.next(true); i !== -1; i = iterator.next(true)) set.push(i)
  return { set, length: field.length, there: set.every((i) => field.get(i)) }
}

test('bits are set, filled, found and counted as by the package', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const [ours, theirs]: [Bits, Bits] = [bits(), fastBitfield()]
      for (const one of steps) expect(act(ours, one)).toEqual(act(theirs, one))
      expect(seen(ours)).toEqual(seen(theirs))
      expect(ours.last()).toBe(seen(theirs).set.at(-1) ?? -1)
    }),
  )
})

test('an iterator goes on where it stood when many bits come', () => {
  const field = bits()
  field.set(3, true)
  field.set(900, true)
  const iterator = field.iterator()
  expect(iterator.next(true)).toBe(3)
  field.set(5000, true)
  expect([iterator.next(true), iterator.next(true), iterator.next(true)]).toEqual([900, 5000, -1])
})

test('the last bit is found where a later page was set and cleared again', () => {
  const field = bits()
  field.set(7, true)
  field.set(32_771, true)
  field.set(32_771, false)
  expect(field.last()).toBe(7)
  field.set(7, false)
  expect(field.last()).toBe(-1)
})
