import { expect, test } from 'vitest'
import { throughput } from '../../bench/throughput/throughput.ts'

test('one feed is measured over a pipe and over a link with a round trip, and all of it arrives', async () => {
  const { rows } = await throughput.run({ small: true, sources: true, log: () => {} })
  expect(rows.map(({ what }) => what)).toEqual([
    '40 × 1 KB',
    '40 × 1 KB, CPU a block',
    '40 × 1 KB, the second of a process',
    '40 × 1 KB, the second of a process, CPU a block',
    '4 × 64 KB',
    '4 × 64 KB, CPU a block',
    '4 × 64 KB, the second of a process',
    '4 × 64 KB, the second of a process, CPU a block',
    '20 × 1 KB, 40 ms round trip',
    '20 × 1 KB',
    '20 × 1 KB, CPU a block',
    '20 × 1 KB, the second of a process',
    '20 × 1 KB, the second of a process, CPU a block',
  ])
  for (const { what, replic8 } of rows) expect(replic8[0], what).toBeGreaterThan(0)
})
