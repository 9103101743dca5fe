import { expect, test } from 'vitest'
import { size } from '../../bench/size/size.ts'

// The bundles are the same on every machine, so this is no measurement that comes out different on a bad day.
const ceilings: Record<string, number> = {
  'Replicator, engine, WebRTC and IndexedDB': 153,
  'session, engine, WebRTC and IndexedDB': 143,
  'all of replic8, replic8/storage and replic8/webrtc': 166,
}

test('what a page loads of replic8 does not grow unnoticed', async () => {
  const { rows } = await size.run({ small: true, sources: true, log: () => {} })
  const sizes = Object.fromEntries(rows.map(({ what, replic8 }) => [what, replic8[0] as number]))
  for (const [what, kilobytes] of Object.entries(ceilings)) {
    expect(sizes[what], what).toBeLessThan(kilobytes)
    // One that is much too small bundled something else.
    expect(sizes[what], what).toBeGreaterThan(60)
  }
}, 120_000)
