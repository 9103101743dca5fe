import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../harness/child.ts'
import { within } from '../harness/pace.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Goal, Result, Row, RunOptions } from '../harness/results.ts'
import type { FirstServed, Took } from './program.ts'

const full = { feeds: 10_000, rounds: 5 }
const small = { feeds: 50, rounds: 1 }

/** MiB. 10,000 hypercores and those of the peer are more than Node allows by itself. */
const heap = 8_192

/** Files that a stock hypercore has open once it was read: key, tree, data, bitfield, signatures. */
const filesEach = 5

const opening: Goal = { atMost: [0.05, 0.01] }

/** Feeds of one block each on disk, opened as a store and one by one. */
export const storeOpening: Benchmark = {
  name: 'store',
  title: 'Opening a store of many feeds',
  about: `A folder holds feeds of one block each. Opening it as a FeedStore, until it can list and share them, is measured
against opening every core as hypercore 9 with its own storage does. Then the store is offered to a peer in the same
process, over a pipe, which takes one feed only: measured until it has the block. Last, a peer takes all feeds.`,
  run: measure,
}

async function measure(options: RunOptions): Promise<Result> {
  const sizes = { ...(options.small ? small : full), ...options.sizes }
  const program = await makeProgram('bench/store/program.ts', { sources: options.sources })
  const folder = mkdtempSync(join(tmpdir(), 'replic8-bench-store-'))
  const run = <T>(name: string, ...args: unknown[]) => inFresh<T>(program, name, [folder, ...args])
  try {
    const keys = await run<string[]>('build', sizes.feeds)
    options.log(`${keys.length} feeds are on disk`)
    const stores: (Took & { feeds: number })[] = []
    const cores: Took[] = []
    const firsts: FirstServed[] = []
    for (let round = 0; round < sizes.rounds; round++) {
      cores.push(await run('openAll', keys))
      stores.push(await run('openStore'))
      firsts.push(await run('serveFirst'))
      options.log(`round ${round + 1}: ${JSON.stringify([cores.at(-1), stores.at(-1), firsts.at(-1)])}`)
    }
    if (stores.some(({ feeds }) => feeds !== keys.length))
      throw new Error('A store has not all of its feeds.')
    const held = await run<number | null>('takeAll', keys.length)
    return { rows: rowsOf(keys.length, { stores, cores, firsts, held }), how: how(sizes) }
  } finally {
    rmSync(program)
    rmSync(folder, { recursive: true })
  }
}

interface Measured {
  stores: Took[]
  cores: Took[]
  firsts: FirstServed[]
  /** null: the system does not tell. */
  held: number | null
}

function rowsOf(feeds: number, { stores, cores, firsts, held }: Measured): Row[] {
  const wall = (runs: Took[]) => runs.map((run) => run.wall)
  const cpu = (runs: Took[]) => runs.map((run) => run.cpu)
  const against = 'opening every core, stock'
  const opened = firsts.map((first) => first.cores)
  const rows: Row[] = [
    row(`a store of ${feeds} opens, wall`, 'ms', wall(stores), against, wall(cores), opening),
    row(`a store of ${feeds} opens, CPU`, 'ms', cpu(stores), against, cpu(cores), opening),
    row('until a peer has the first block, wall', 'ms', wall(firsts), against, wall(cores)),
    row('until a peer has the first block, CPU of both', 'ms', cpu(firsts), against, cpu(cores)),
    row(
      'cores opened by then',
      '',
      opened,
      'all of them',
      opened.map(() => feeds),
      { atMost: [0.1, 0.01] },
    ),
  ]
  if (held !== null)
    rows.push(row(`files open at most while a peer takes ${feeds}`, '', [held], 'stock', [feeds * filesEach]))
  return rows
}

function row(
  what: string,
  unit: string,
  replic8: number[],
  against: string,
  theirs: number[],
  goal?: Goal,
): Row {
  return { what, unit, replic8, against, theirs, ...(goal && { goal }) }
}

/** Calls a function of the program in a process of its own. */
async function inFresh<T>(program: string, name: string, args: unknown[]): Promise<T> {
  const child = new Child(program, { heap })
  try {
    return await within(600_000, name, child.call<T>(name, ...args))
  } finally {
    await child.stop()
  }
}

function how({ rounds, feeds }: typeof full): string[] {
  return [
    `${rounds} rounds over one folder of ${feeds} feeds, which the operating system has in memory; each figure is of a fresh process. The store was closed in order before each.`,
    'The stock cores are opened 250 at a time and closed before the next, outside of the clock, because a process may not have as many files open as all of them need.',
  ]
}
