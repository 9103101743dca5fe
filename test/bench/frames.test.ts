import { expect, test } from 'vitest'
import { frames } from '../../bench/browser/frames.ts'

test('the benchmark of frames brings every block to a page, and to a worker of a page', async () => {
  const { rows } = await frames.run({ small: true, sources: true, log: () => {} })
  expect(rows).toHaveLength(7)
  for (const { replic8 } of rows) {
    expect(replic8).toHaveLength(1)
    expect(replic8[0]).toBeGreaterThanOrEqual(0)
    expect(replic8[0]).toBeLessThanOrEqual(100)
  }
}, 120_000)
