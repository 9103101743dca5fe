import { expect, test } from 'vitest'
import { tabsBenchmark } from '../../bench/browser/tabs.ts'

test('two tabs of Chromium are measured, and what one has arrives at the other', async () => {
  // The programs check blocks that arrived, and how many there are.
  const { rows } = await tabsBenchmark.run({ small: true, sources: true, log: () => {} })
  expect(rows.length).toBeGreaterThan(0)
  for (const { what, replic8 } of rows) {
    expect(replic8, what).toHaveLength(1)
    expect(replic8[0], what).toBeGreaterThan(0)
  }
}, 60_000)
