import { rmSync } from 'node:fs'
import { Child, withCpu } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Result, Row, RunOptions } from '../harness/results.ts'
import { percentile } from '../harness/statistics.ts'
import type { SystemName } from './program.ts'

interface Sizes {
  rounds: number
  leaves: number
  /** New feeds before those that are measured. */
  firstFeeds: number
  feeds: number
  /** Appends before those that are measured. */
  firstAppends: number
  appends: number
}

const full: Sizes = { rounds: 5, leaves: 20, firstFeeds: 60, feeds: 20, firstAppends: 150, appends: 150 }
const small: Sizes = { rounds: 1, leaves: 3, firstFeeds: 2, feeds: 2, firstAppends: 2, appends: 5 }

interface Figures {
  firstFeeds?: number
  feed?: number
  feedCpu?: number
  append?: number
  appendCpu?: number
}

/** What each is compared in: to wire by hand needs no new feeds, and multifeed appends as what it is wired of. */
const measuredIn = {
  replic8: { feeds: true, appends: true },
  'multifeed 6': { feeds: true, appends: false },
  'stock hand-wired': { feeds: false, appends: true },
} satisfies Record<SystemName, object>

export const star: Benchmark = {
  name: 'star',
  title: 'A star of 20',
  about: `A hub and 20 leaves in one process, in memory, each leaf joined with the hub by a pipe. One leaf makes a feed
with one block of 100 bytes, and has made it when all other leaves have the block. Then it appends to the last of these
feeds; a block has arrived when the last leaf has it. Hand-wired is hypercore 9 over one hypercore-protocol 8 a leaf, the
keys known beforehand, as npm gives it.`,
  async run(options) {
    const sizes = { ...(options.small ? small : full), ...options.sizes }
    const systems = options.systems ?? (options.small ? ['replic8'] : Object.keys(measuredIn))
    const measured = await inRounds(systems as SystemName[], sizes, options)
    return { rows: rowsOf(measured), how: how(sizes) } satisfies Result
  },
}

async function inRounds(systems: SystemName[], sizes: Sizes, { sources, log }: RunOptions) {
  const program = await makeProgram('bench/star/program.ts', { sources })
  const measured = new Map<SystemName, Figures[]>(systems.map((system) => [system, []]))
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      for (const system of systems) {
        const figures = await oneRound(program, system, sizes)
        measured.get(system)?.push(figures)
        const line = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`)
        log(`round ${round + 1}, ${system}: ${line.join(', ')}`)
      }
    }
  } finally {
    rmSync(program)
  }
  return measured
}

async function oneRound(program: string, system: SystemName, sizes: Sizes): Promise<Figures> {
  const child = new Child(program)
  const { feeds, appends } = measuredIn[system]
  try {
    await child.call('open', system, sizes.leaves)
    const ofFeeds = feeds ? await measure(child, 'newFeeds', sizes.firstFeeds, sizes.feeds) : null
    if (!feeds) await child.call('newFeeds', 1)
    const ofAppends = appends ? await measure(child, 'appends', sizes.firstAppends, sizes.appends) : null
    await child.call('verify')
    return {
      ...(ofFeeds ? { firstFeeds: ofFeeds.first, feed: ofFeeds.p50, feedCpu: ofFeeds.cpu } : {}),
      ...(ofAppends ? { append: ofAppends.p50, appendCpu: ofAppends.cpu } : {}),
    }
  } finally {
    await child.stop()
  }
}

/** Milliseconds, and those of CPU for each, after the first ones. */
async function measure(child: Child, what: string, first: number, count: number) {
  const before = await child.call<number[]>(what, first)
  const { value, cpu } = await withCpu([child], () => child.call<number[]>(what, count))
  return { first: percentile(before, 0.5), p50: percentile(value, 0.5), cpu: (cpu[0] as number) / count }
}

function rowsOf(measured: Map<SystemName, Figures[]>): Row[] {
  const values = (system: SystemName, figure: keyof Figures) =>
    (measured.get(system) ?? []).flatMap((figures) => figures[figure] ?? [])
  const row = (what: string, figure: keyof Figures, against: SystemName, goal?: Row['goal']): Row => ({
    what,
    unit: 'ms',
    replic8: values('replic8', figure),
    ...(measured.has(against) ? { against, theirs: values(against, figure) } : {}),
    ...(goal ? { goal } : {}),
  })
  return [
    row('a new feed on all others, p50', 'feed', 'multifeed 6', { atMost: [0.1, 0.045] }),
    row('one of the first feeds of a process, p50', 'firstFeeds', 'multifeed 6'),
    row('CPU a new feed', 'feedCpu', 'multifeed 6'),
    row('an append on all others, p50', 'append', 'stock hand-wired', { atMost: [1.1, 1.03] }),
    row('CPU an append', 'appendCpu', 'stock hand-wired'),
  ]
}

function how({ rounds, firstFeeds, feeds, firstAppends, appends }: Sizes): string[] {
  return [
    `${rounds} rounds, each with a fresh process for each system: ${firstFeeds} new feeds, ${feeds} that are measured, ${firstAppends} appends, ${appends} that are measured, each 50 ms after the one before has arrived. Then the copies of all leaves are compared with what was written, byte by byte.`,
    'The first feeds of a process run in code that is not compiled yet: with 15 before and 15 measured, half of the CPU time of replic8 was that of the compiler and of code that it had not reached. It is at work still after 80, and done after about 200. What a new feed costs in multifeed grows with the feeds that are there.',
    'The pipe is the same for all: two Node streams in one process.',
  ]
}
