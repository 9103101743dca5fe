import fc from 'fast-check'
import HypercoreCache from 'hypercore-cache'
import { expect, test } from 'vitest'
import Cache from '../../src/platform/engine/hypercore-cache.ts'

const step = fc.record({ key: fc.nat(12), value: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }) })

test('what was put in is there, and is forgotten, as with the package', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 200 }), (steps, maxByteSize) => {
      const options = { maxByteSize, estimateSize: (value: number) => value }
      const [ours, theirs] = [new Cache(options), new HypercoreCache(options)]
      for (const { key, value } of steps) {
        if (value !== null) {
          ours.set(key, value)
          theirs.set(key, value)
        }
        expect(ours.get(key) ?? null).toBe(theirs.get(key) ?? null)
      }
    }),
  )
})

test('without options everything counts as 1 KiB, up to 16 MiB', () => {
  const [ours, theirs] = [new Cache<number>(), new HypercoreCache()]
  for (let key = 0; key < 33_000; key++) {
    ours.set(key, key)
    theirs.set(key, key)
  }
  for (const key of [0, 231, 232, 16_383, 16_384, 32_999]) expect(ours.get(key)).toBe(theirs.get(key))
})
