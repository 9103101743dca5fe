import fc from 'fast-check'
import { test, vi } from 'vitest'
import { anyFeeds, anyLuck, anySize, anySlowness, anySteps, anyTree } from './any-network.ts'
import { Network } from './network.ts'
import { type Run, regressions } from './regressions.ts'
import { virtualTime } from './virtual-time.ts'

// Replicators of real feeds over real sessions do whatever applications may do, in any order. A model that knows only
// what was done says who must hold what. SYNCED_MODEL_RUNS and SYNCED_MODEL_SEED make a longer search, or the same again.

const numRuns = Number(process.env.SYNCED_MODEL_RUNS ?? 200)
const seed = process.env.SYNCED_MODEL_SEED

test("'synced' is never said early, and always said in the end", async () => {
  const property = fc.asyncProperty(anySize, anyFeeds, anySteps, anyTree, anySlowness, anyLuck, run)
  await fc.assert(property, {
    numRuns,
    ...(seed ? { seed: Number(seed) } : {}),
    examples: regressions,
    includeErrorInReport: true,
  })
}, 1_000_000)

async function run(...[members, feeds, steps, tree, slowness, luck]: Run) {
  const random = vi.spyOn(Math, 'random').mockImplementation(numbers(luck))
  const time = virtualTime()
  const network = new Network(time, members, feeds, slowness)
  try {
    await network.run(steps)
    if (network.failures.length === 0) await network.finish(tree)
    const problems = network.members.flatMap(({ problems }) => problems)
    if (network.failures.length > 0 || problems.length > 0)
      throw new Error([...network.failures, ...problems].join('\n'))
  } finally {
    await network.stop()
    time.stop()
    random.mockRestore()
  }
}

/** The same numbers each time (mulberry32, Tommy Ettinger, public domain). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
