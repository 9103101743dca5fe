import { rmSync } from 'node:fs'
import { Child, withCpu } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Result, Row, RunOptions } from '../harness/results.ts'
import { percentile } from '../harness/statistics.ts'
import type { SystemName } from './program.ts'

interface Sizes {
  rounds: number
  leaves: number
  /** New feeds that are measured, after as many to warm up. */
  feeds: number
  warmUp: number
  appends: number
}

const full: Sizes = { rounds: 5, leaves: 20, feeds: 15, warmUp: 200, appends: 200 }
const small: Sizes = { rounds: 1, leaves: 3, feeds: 2, warmUp: 2, appends: 5 }

interface Figures {
  feed: number
  feedCpu: number
  append: number
  appendCpu: number
}

const others = ['multifeed 6', 'stock hand-wired'] as const

export const star: Benchmark = {
  name: 'star',
  title: 'A star of 20',
  about: `A hub and 20 leaves in one process, in memory, each leaf joined with the hub by a pipe. One leaf makes a feed
with one block of 100 bytes, and has made it when all other leaves have the block. Then it appends to the last of these
feeds; a block has arrived when the last leaf has it. Hand-wired is hypercore 9 over one hypercore-protocol 8 a leaf, the
keys known beforehand, as npm gives it.`,
  async run(options) {
    const sizes = { ...(options.small ? small : full), ...options.sizes }
    const systems = options.systems ?? (options.small ? ['replic8'] : ['replic8', ...others])
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
  try {
    await child.call('open', system, sizes.leaves)
    await child.call('newFeeds', sizes.feeds)
    const feeds = await withCpu([child], () => child.call<number[]>('newFeeds', sizes.feeds))
    await child.call('appends', sizes.warmUp)
    const appends = await withCpu([child], () => child.call<number[]>('appends', sizes.appends))
    await child.call('verify')
    return {
      feed: percentile(feeds.value, 0.5),
      feedCpu: (feeds.cpu[0] as number) / sizes.feeds,
      append: percentile(appends.value, 0.5),
      appendCpu: (appends.cpu[0] as number) / sizes.appends,
    }
  } finally {
    await child.stop()
  }
}

function rowsOf(measured: Map<SystemName, Figures[]>): Row[] {
  const values = (system: SystemName, figure: keyof Figures) =>
    (measured.get(system) ?? []).map((figures) => figures[figure])
  const row = (what: string, figure: keyof Figures, against: SystemName, goal?: Row['goal']): Row => ({
    what,
    unit: 'ms',
    replic8: values('replic8', figure),
    ...(measured.has(against) ? { against, theirs: values(against, figure) } : {}),
    ...(goal ? { goal } : {}),
  })
  return [
    row('a new feed on all others, p50', 'feed', 'multifeed 6', { atMost: [0.1, 0.045] }),
    row('CPU a new feed', 'feedCpu', 'multifeed 6'),
    row('an append on all others, p50', 'append', 'stock hand-wired', { atMost: [1.1, 1.03] }),
    row('CPU an append', 'appendCpu', 'stock hand-wired'),
  ]
}

function how({ rounds, feeds, warmUp, appends }: Sizes): string[] {
  return [
    `${rounds} rounds, each with a fresh process for each system: ${feeds} new feeds to warm up and ${feeds} that are measured, ${warmUp} appends to warm up and ${appends} that are measured, each 50 ms after the one before has arrived. Then the copies of all leaves are compared with what was written, byte by byte.`,
    'The pipe is the same for all: two Node streams in one process.',
  ]
}
