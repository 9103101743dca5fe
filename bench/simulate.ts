// `node scripts/run-ts.mjs bench/simulate.ts`: the tables of docs/SCALING.md. The same numbers at each run, but for memory.
import { joinLate, manyFeeds, spreadOne } from './simulation/scenarios.ts'
import { footprintRow, spreadRow, table } from './simulation/tables.ts'

const started = performance.now()
const print = (title: string, rows: Record<string, number | string>[]) =>
  console.log(`${title}\n\n${table(rows)}\n`)

const sizes = [100, 1_000, 10_000]
const windows = [1, 2, 4, 8]

print(
  'One feed, by the size of the swarm (window 4)',
  sizes.map((peers) => spreadRow(spreadOne({ peers, window: 4, seed: peers }))),
)
print(
  'One feed, by the window (1,000 peers)',
  windows.map((window) => spreadRow(spreadOne({ peers: 1_000, window, seed: 7 }))),
)
print(
  'One feed while links are replaced: 0, 1, 5 and 20 % of all in each round (window 4)',
  [1_000, 10_000].flatMap((peers) =>
    [0, 0.01, 0.05, 0.2].map((churn) => spreadRow(spreadOne({ peers, window: 4, seed: peers, churn }))),
  ),
)
print(
  'One feed in a full mesh (window 40)',
  [8, 32, 128].map((peers) => spreadRow(spreadOne({ peers, window: 40, seed: peers, mesh: true }))),
)
print(
  'Heap of peers that are linked and know of nothing',
  [1_000, 10_000].map((peers) => {
    const { links, idleBytes } = manyFeeds({ peers, each: 0, seed: 1 })
    return { peers, 'links a peer': (2 * links) / peers, 'bytes a peer': idleBytes }
  }),
)
print('Everybody publishes, until everybody knows all (window 4)', [
  footprintRow(manyFeeds({ peers: 64, each: 16, seed: 1 })),
  footprintRow(manyFeeds({ peers: 256, each: 4, seed: 1 })),
])
print(
  'A peer meets others that know all feeds: it knows none, or it knows all',
  [1_000, 10_000].flatMap((feeds) =>
    [1, 6].flatMap((links) =>
      [false, true].map((knows) => {
        const { rounds, messages, bytes, offers } = joinLate({ feeds, links, knows })
        return {
          feeds,
          knows: knows ? 'all' : 'none',
          links,
          rounds,
          messages,
          offers,
          'KB on all links': bytes / 1_000,
        }
      }),
    ),
  ),
)
console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s`)
