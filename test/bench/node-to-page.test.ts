import { expect, test } from 'vitest'
import { nodeToPage } from '../../bench/browser/node-to-page.ts'

test('a feed of a process of Node is measured on its way to a page, and arrives there', async () => {
  // The program checks blocks that arrived, and how many there are.
  const { rows } = await nodeToPage.run({ small: true, sources: true, log: () => {} })
  expect(rows).toHaveLength(1)
  expect(rows[0]?.replic8[0]).toBeGreaterThan(0)
}, 60_000)
