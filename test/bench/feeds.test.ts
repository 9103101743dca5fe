import { expect, test } from 'vitest'
import { manyFeeds } from '../../bench/feeds/many-feeds.ts'

// A run fails where a feed did not arrive at the other end.
test('many feeds are measured at both sizes, against the same engine with the keys known', async () => {
  const { rows } = await manyFeeds.run({ small: true, sources: true, log: () => {} })
  expect(rows.map(({ what, against }) => `${what} / ${against}`)).toEqual([
    'CPU a feed, 20 / same engine hand-wired',
    'CPU a feed, 40 / same engine hand-wired',
    'CPU a feed, 20, in a process that has done so 1 times / same engine hand-wired',
    'wire a feed, 20 / same engine hand-wired',
    'CPU a feed, 40 / the same at 20',
  ])
  for (const { what, replic8, theirs } of rows) {
    expect(replic8[0], what).toBeGreaterThan(0)
    expect(theirs?.[0], what).toBeGreaterThan(0)
  }
})
