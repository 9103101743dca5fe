import type { Benchmark, Row } from '../harness/results.ts'
import { interleaved, type Measured } from './measure.ts'

/** Feeds of one block each, from one end to the other over a pipe in one process. It needs what `npm run build` makes. */
export const manyFeeds: Benchmark = {
  name: 'feeds',
  title: 'Many feeds of one block',
  about: `One end makes feeds of one block in memory, the other takes them all, both in one process. Hand-wired is
hypercore 9 over one hypercore-protocol 8, the keys known beforehand; stock is as npm gives it. In replic8 the other end
knows no key: the feeds are offered and taken, and both ends wait until they know that all is caught up.`,
  async run(options) {
    const sizes = { ...(options.small ? small : full), ...options.sizes }
    const { few, many, rounds } = sizes
    const measured = await interleaved(
      {
        stock: { variant: 'stock', feeds: few },
        multifeed: { variant: 'multifeed', feeds: few },
        known: { variant: 'known', feeds: few },
        negotiated: { variant: 'negotiated', feeds: few },
        'known, many': { variant: 'known', feeds: many },
        'negotiated, many': { variant: 'negotiated', feeds: many },
      },
      rounds,
      options.log,
    )
    const { stock, multifeed, known, negotiated } = measured
    const { 'known, many': largeKnown, 'negotiated, many': large } = measured
    const cpu = (runs: Measured[], feeds: number) => runs.map((run) => run.cpuMs / feeds)
    const memory = (runs: Measured[], feeds: number) =>
      runs.map((run) => run.residentBytes / feeds / 2 / 1024)
    const wire = (runs: Measured[]) => runs.map((run) => run.wireBytes / few)
    const ours = cpu(negotiated, few)
    const rows: Row[] = [
      row(`CPU a feed, ${few}`, 'ms', ours, 'stock hand-wired', cpu(stock, few)),
      row(`CPU a feed, ${few}`, 'ms', ours, 'multifeed 6', cpu(multifeed, few)),
      row(`CPU a feed, ${few}`, 'ms', ours, 'same engine hand-wired', cpu(known, few)),
      // With few feeds the larger program takes longer to compile: that is paid once.
      row(`CPU a feed, ${many}`, 'ms', cpu(large, many), 'same engine hand-wired', cpu(largeKnown, many)),
      row(`wire a feed, ${few}`, 'bytes', wire(negotiated), 'same engine hand-wired', wire(known)),
      row(`CPU a feed, ${many}`, 'ms', cpu(large, many), `the same at ${few}`, ours),
      row(
        `resident memory a feed a side, ${many}`,
        'KiB',
        memory(large, many),
        `stock at ${few}`,
        memory(stock, few),
      ),
    ]
    return {
      rows,
      how: [`${rounds} rounds, each run in a fresh process that has replicated 100 feeds before.`],
    }
  },
}

const full = { few: 1_000, many: 10_000, rounds: 5 }
const small = { few: 20, many: 40, rounds: 1 }

function row(what: string, unit: string, replic8: number[], against: string, theirs: number[]): Row {
  return { what, unit, replic8, against, theirs }
}
