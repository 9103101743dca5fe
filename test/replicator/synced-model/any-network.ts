import fc from 'fast-check'
import type { Deeds, Step } from './steps.ts'

const pick = fc.nat(63)
const few = fc.integer({ min: 1, max: 3 })

/** How often each deed is done, and with which arguments. */
const deeds: { [Deed in keyof Deeds]: [weight: number, args: fc.Arbitrary<Deeds[Deed]>] } = {
  append: [5, fc.tuple(pick, few)],
  share: [6, fc.tuple(pick)],
  unshare: [1, fc.tuple(pick)],
  decline: [1, fc.tuple(pick, pick)],
  connect: [7, fc.tuple(pick, pick, fc.constantFrom(false, false, false, true))],
  disconnect: [2, fc.tuple(pick, fc.nat(2))],
  restart: [1, fc.tuple(pick)],
  synced: [6, fc.tuple(pick, pick)],
  wait: [8, fc.tuple(fc.integer({ min: 1, max: 15 }))],
  settle: [1, fc.constant([])],
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(deeds).map(([deed, [weight, args]]) => ({
    weight,
    arbitrary: (args as fc.Arbitrary<(number | boolean)[]>).map((rest) => [deed, ...rest] as Step),
  })),
)

export const anySteps: fc.Arbitrary<Step[]> = fc.array(anyStep, { maxLength: 60, size: 'max' })
export const anySize = fc.integer({ min: 2, max: 8 })
export const anyFeeds = fc.integer({ min: 1, max: 10 })
export const anyTree = fc.array(fc.nat(7), { minLength: 7, maxLength: 7 })
/**
 * Milliseconds that the stores of each member take to answer, three times a feed. A store that takes longer than the
 * others of a page may be answered for with "declined", and asks again: that is not in this model.
 */
export const anySlowness = fc.array(fc.constantFrom(0, 0, 0, 3, 25), { minLength: 8, maxLength: 8 })
export const anyLuck = fc.nat(2 ** 31 - 1)
