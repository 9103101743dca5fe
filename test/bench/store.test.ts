import { expect, test } from 'vitest'
import { storeOpening } from '../../bench/store/store.ts'

test('a store on disk is opened, lists all its feeds, and serves a block to a peer', async () => {
  const { rows } = await storeOpening.run({ small: true, sources: true, log: () => {} })
  expect(rows.length).toBeGreaterThanOrEqual(5)
  for (const { what, replic8, theirs } of rows) {
    expect(replic8, what).toHaveLength(1)
    expect(replic8[0], what).toBeGreaterThan(0)
    expect(theirs, what).toHaveLength(1)
  }
  expect(rows.find(({ what }) => what === 'cores opened by then')?.replic8).toEqual([1])
})
