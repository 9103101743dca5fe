import { expect, test } from 'vitest'
import { reconnect } from '../../bench/reconnect/reconnect.ts'

test('meeting again is measured, and both ends have everything', async () => {
  const { rows } = await reconnect.run({ small: true, sources: true, log: () => {} })
  expect(rows.map(({ what }) => what)).toContain('CPU of both ends')
  for (const { what, replic8, theirs } of rows) {
    for (const values of [replic8, theirs]) {
      expect(values, what).toHaveLength(1)
      expect(values?.[0], what).toBeGreaterThan(0)
    }
  }
  const [bytes] = rows
  expect(bytes?.replic8[0]).toBeLessThan((bytes?.theirs?.[0] as number) / 2)
})
