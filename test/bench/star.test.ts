import { expect, test } from 'vitest'
import { star } from '../../bench/star/star.ts'

test('a star is measured, and every leaf has what was written', async () => {
  const { rows } = await star.run({ small: true, sources: true, log: () => {} })
  expect(rows.map(({ what }) => what)).toContain('an append on all others, p50')
  for (const { what, replic8 } of rows) {
    expect(replic8, what).toHaveLength(1)
    expect(replic8[0], what).toBeGreaterThan(0)
  }
})
