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
  const {
    few,
    many,
    rounds,
    before,
    measured: counted,
  } = { ...(options.small ? small : full), ...options.sizes }
  const own = {
    known: { variant: 'known', feeds: few },
    negotiated: { variant: 'negotiated', feeds: few },
    'known, many': { variant: 'known', feeds: many },
    'negotiated, many': { variant: 'negotiated', feeds: many },
    'known, settled': { variant: 'known', feeds: few, before, measured: counted },
    'negotiated, settled': { variant: 'negotiated', feeds: few, before, measured: counted },
  } as const satisfies Record<string, Subject>
  const others = {
    stock: { variant: 'stock', feeds: few },
    multifeed: { variant: 'multifeed', feeds: few },
    hypercore10: { variant: 'hypercore10', feeds: few },
    hypercore11: { variant: 'hypercore11', feeds: few },
  } as const satisfies Record<string, Subject>
  const compares = !options.small && (!options.systems || options.systems.includes('others'))
  const measured: Partial<Record<keyof typeof own | keyof typeof others, Measured[]>> = await interleaved(
    compares ? { ...own, ...others } : own,
    rounds,
    options,
  )
  const take = (name: keyof typeof measured, figure: (run: Measured) => number) => measured[name]?.map(figure)
  const cpu = (name: keyof typeof measured, feeds: number) => take(name, (run) => run.cpuMs / feeds)
  const memory = (name: keyof typeof measured, feeds: number) =>
    take(name, (run) => run.residentBytes / feeds / 2 / 1024)
  const wire = (name: keyof typeof measured) => take(name, (run) => run.wireBytes / few)
  const ours = cpu('negotiated', few)
  const oursMany = cpu('negotiated, many', many)
  const atFew = `CPU a feed, ${few}`
  const atMany = `CPU a feed, ${many}`
  const settled = `CPU a feed, ${few}, in a process that has done so ${before} times`
  const perSide = `resident memory a feed a side, ${many}`
  const sameEngine = 'same engine hand-wired'
  const rows = [
    below(atFew, 'ms', ours, 'stock hand-wired', cpu('stock', few), [0.2, 0.1]),
    below(atFew, 'ms', ours, 'multifeed 6', cpu('multifeed', few), [0.13, 0.07]),
    below(atFew, 'ms', ours, 'corestore 6, hypercore 10', cpu('hypercore10', few), [0.8, 0.5]),
    below(atFew, 'ms', ours, 'corestore 7, hypercore 11', cpu('hypercore11', few), [0.7, 0.5]),
    below(
      settled,
      'ms',
      cpu('negotiated, settled', few),
      sameEngine,
      cpu('known, settled', few),
      [1.05, 1.02],
    ),
    below(atFew, 'ms', ours, sameEngine, cpu('known', few)),
    below(atMany, 'ms', oursMany, sameEngine, cpu('known, many', many)),
    below(`wire a feed, ${few}`, 'bytes', wire('negotiated'), sameEngine, wire('known'), [1.25, 1.1]),
    below(atMany, 'ms', oursMany, `the same at ${few}`, ours, [1.2, 1]),
    below(
      perSide,
      'KiB',
      memory('negotiated, many', many),
      `stock at ${few}`,
      memory('stock', few),
      [0.11, 0.06],
    ),
  ]
  return {
    rows: rows.filter((one) => one !== undefined),
    how: [
      `${rounds} rounds, each run in a fresh process that has replicated 100 feeds before.`,
      `A process that has done so ${before} times does it ${counted} times more, and the median of these counts: there V8 has compiled all of it. What the first run takes more than with the keys known is mostly that V8 compiles more functions.`,
    ],
  }
}

/** Nothing where one of the two was not measured. */
function below(
  what: string,
  unit: string,
  replic8: number[] | undefined,
  against: string,
  theirs: number[] | undefined,
  bounds?: [solid: number, aim: number],
): Row | undefined {
  return theirs && row(what, unit, replic8, against, theirs, bounds && { atMost: bounds })
}
