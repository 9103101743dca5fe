import { type Benchmark, type Result, type Row, type RunOptions, row } from '../harness/results.ts'
import { interleaved, type Measured, type Subject } from './measure.ts'

/** Feeds of one block each, from one end to the other over a pipe in one process. It needs what `npm run build` makes. */
export const manyFeeds: Benchmark = {
  name: 'feeds',
  title: 'Many feeds of one block',
  about: `One end makes feeds of one block in memory, the other takes them all, both in one process. Hand-wired is
hypercore 9 over one hypercore-protocol 8, the keys known beforehand; stock is as npm gives it. Corestore 6 (hypercore 10)
is in memory with pages of 4 KB, corestore 7 (hypercore 11) stores in RocksDB on the disk, as it always does; their keys
are known beforehand too. In replic8 the other end knows no key: the feeds are offered and taken, and both ends wait
until they know that all is caught up.`,
  run: (options) => measure(options),
}

const full = { few: 1_000, many: 10_000, rounds: 5, before: 20, measured: 5 }
const small = { few: 20, many: 40, rounds: 1, before: 1, measured: 1 }

async function measure(options: RunOptions): Promise<Result> {
  const sizes = { ...(options.small ? small : full), ...options.sizes }
  const { few, many, rounds, before } = sizes
  const settled = { feeds: few, before, measured: sizes.measured }
  const engine = {
    known: { variant: 'known', feeds: few },
    negotiated: { variant: 'negotiated', feeds: few },
    'known, many': { variant: 'known', feeds: many },
    'negotiated, many': { variant: 'negotiated', feeds: many },
    'known, settled': { variant: 'known', ...settled },
    'negotiated, settled': { variant: 'negotiated', ...settled },
  } as const satisfies Record<string, Subject>
  const others = {
    negotiated: engine.negotiated,
    'negotiated, many': engine['negotiated, many'],
    stock: { variant: 'stock', feeds: few },
    multifeed: { variant: 'multifeed', feeds: few },
    hypercore10: { variant: 'hypercore10', feeds: few },
    hypercore11: { variant: 'hypercore11', feeds: few },
  } as const satisfies Record<string, Subject>
  const compares = !options.small && (!options.systems || options.systems.includes('others'))
  // Two that differ by little need more rounds than two that differ by much.
  const pairs = 2 * rounds
  const own = await interleaved(engine, pairs, options)
  const beside = compares ? await interleaved(others, rounds, options) : undefined
  const atFew = `CPU a feed, ${few}`
  const atMany = `CPU a feed, ${many}`
  const ours = cpu(own.negotiated, few)
  const oursMany = cpu(own['negotiated, many'], many)
  const sameEngine = (what: string, ratio: [ours: number[], theirs: number[]]) =>
    row(what, 'ms', ratio[0], 'same engine hand-wired', ratio[1], { atMost: [1.05, 1.02] })
  const rows = [
    ...(beside ? againstOthers(beside, few, many) : []),
    sameEngine(atFew, [ours, cpu(own.known, few)]),
    sameEngine(atMany, [oursMany, cpu(own['known, many'], many)]),
    sameEngine(`${atFew}, in a process that has done so ${before} times`, [
      cpu(own['negotiated, settled'], few),
      cpu(own['known, settled'], few),
    ]),
    row(
      `wire a feed, ${few}`,
      'bytes',
      own.negotiated.map((run) => run.wireBytes / few),
      'same engine hand-wired',
      own.known.map((run) => run.wireBytes / few),
      { atMost: [1.25, 1.1] },
    ),
    row(atMany, 'ms', oursMany, `the same at ${few}`, ours, { atMost: [1.2, 1] }),
  ]
  return {
    rows: rows.filter((one) => one !== undefined),
    how: [
      `${rounds} rounds, against the same engine ${pairs}, each run in a fresh process that has replicated 100 feeds before.`,
      `A process that has done so ${before} times does it ${sizes.measured} times more, and the median of these counts: there V8 has compiled all of it. What a run left is closed and let go of before the next.`,
    ],
  }
}

type Runs = Record<
  'negotiated' | 'negotiated, many' | 'stock' | 'multifeed' | 'hypercore10' | 'hypercore11',
  Measured[]
>

function againstOthers(runs: Runs, few: number, many: number): (Row | undefined)[] {
  const below = (against: string, theirs: Measured[], solid: number, aim: number) =>
    row(`CPU a feed, ${few}`, 'ms', cpu(runs.negotiated, few), against, cpu(theirs, few), {
      atMost: [solid, aim],
    })
  const memory = (measured: Measured[], feeds: number) =>
    measured.map((run) => run.residentBytes / feeds / 2 / 1024)
  return [
    below('stock hand-wired', runs.stock, 0.2, 0.1),
    below('multifeed 6', runs.multifeed, 0.13, 0.07),
    below('corestore 6, hypercore 10', runs.hypercore10, 0.8, 0.5),
    below('corestore 7, hypercore 11', runs.hypercore11, 0.7, 0.5),
    row(
      `resident memory a feed a side, ${many}`,
      'KiB',
      memory(runs['negotiated, many'], many),
      `stock at ${few}`,
      memory(runs.stock, few),
      { atMost: [0.11, 0.06] },
    ),
  ]
}

function cpu(measured: Measured[], feeds: number): number[] {
  return measured.map((run) => run.cpuMs / feeds)
}
