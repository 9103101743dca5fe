import { describe, expect, test } from 'vitest'
import { eccentricity, randomGraph } from '../../bench/simulation/graph.ts'
import { below, seeded, shuffled } from '../../bench/simulation/random.ts'
import { joinLate, manyFeeds, spreadOne } from '../../bench/simulation/scenarios.ts'
import { footprintRow, spreadRow, table } from '../../bench/simulation/tables.ts'

describe('random numbers', () => {
  test('are the same for the same seed, and others for another', () => {
    const some = (seed: number) => Array.from({ length: 5 }, seeded(seed))
    expect(some(1)).toEqual(some(1))
    expect(some(1)).not.toEqual(some(2))
  })

  test('cover their range', () => {
    const random = seeded(3)
    expect(new Set(Array.from({ length: 200 }, () => below(random, 5)))).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(shuffled(random, 50).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
})

test('a random graph is connected, has each link once, and keeps to its degrees', () => {
  for (let seed = 0; seed < 10; seed++) {
    const links = randomGraph(seeded(seed), 200, 4, 8)
    const degree = (n: number) => links.filter((ends) => ends.includes(n)).length
    const degrees = Array.from({ length: 200 }, (_, n) => degree(n))
    expect(Math.min(...degrees)).toBeGreaterThanOrEqual(4)
    expect(Math.max(...degrees)).toBeLessThanOrEqual(8)
    expect(new Set(links.map(([a, b]) => [Math.min(a, b), Math.max(a, b)].join())).size).toBe(links.length)
    expect(links.filter(([a, b]) => a === b)).toEqual([])
    expect(eccentricity(200, links, 0)).toBeLessThan(10)
  }
})

test('the farthest of a line is its length away', () => {
  const line: [number, number][] = [
    [0, 1],
    [1, 2],
    [2, 3],
  ]
  expect([0, 1].map((start) => eccentricity(4, line, start))).toEqual([3, 2])
})

describe('one feed', () => {
  test('reaches every peer, with at most two offers for each link and the same at each run', () => {
    const spread = spreadOne({ peers: 200, window: 4, seed: 5 })
    expect(spread).toEqual(spreadOne({ peers: 200, window: 4, seed: 5 }))
    expect(spread.missed).toBe(0)
    expect(spread.taken).toBe(199)
    expect(spread.duplicates).toBe(spread.offers - 199)
    expect(spread.offers).toBeLessThanOrEqual(2 * spread.links)
    expect(spread.rounds).toBeGreaterThanOrEqual(spread.farthest)
  })

  test('reaches every peer while links come and go', () => {
    for (let seed = 0; seed < 5; seed++) {
      const spread = spreadOne({ peers: 100, window: 4, seed, churn: 0.05 })
      expect(spread.churned).toBeGreaterThan(0)
      expect(spread.missed).toBe(0)
    }
  })

  test('takes at most n(n-1)/2 + n offers in a full mesh of 8', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { offers, missed } = spreadOne({ peers: 8, window: 40, seed, mesh: true })
      expect(missed).toBe(0)
      expect(offers).toBeLessThanOrEqual(28 + 8)
    }
  })
})

test('measures what many feeds take, and what a peer that comes late takes', () => {
  const footprint = manyFeeds({ peers: 16, each: 8, seed: 1 })
  expect(footprint.feeds).toBe(128)
  expect(footprint.feedBytes).toBeGreaterThan(0)
  expect(footprint.wireBytes).toBeGreaterThan(32)
  expect(joinLate({ feeds: 50, links: 3 })).toMatchObject({ taken: 50, offers: 150, duplicates: 100 })
  const printed = table([spreadRow(spreadOne({ peers: 10, window: 1, seed: 1 }))])
  expect(printed).toContain('| rounds to all |')
  expect(table([footprintRow(footprint)])).toContain('| 16 |')
})
