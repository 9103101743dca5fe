import { expect, test } from 'vitest'
import { roundTrips } from '../../bench/round-trips/round-trips.ts'

test('the first block of a negotiated feed comes as soon as that of a feed whose key is known', async () => {
  const { rows } = await roundTrips.run({ small: true, sources: true, log: () => {} })
  expect(rows.map(({ replic8, theirs }) => [replic8, theirs])).toEqual([
    [[3.5], [3.5]],
    [[4], [4]],
    // To settle who begins the handshake is a flight of its own.
    [[expect.toSatisfy((trips: number) => trips === 4 || trips === 4.5)], [3.5]],
  ])
})
