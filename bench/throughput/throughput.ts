import { rm } from 'node:fs/promises'
import { Child } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import { type Benchmark, type Goal, type Row, type RunOptions, row } from '../harness/results.ts'
import { median } from '../harness/statistics.ts'
import type { SystemName, Taken, Transfer } from './transfer.ts'

/** One feed, from one end to the other in one process. */
export const throughput: Benchmark = {
  name: 'throughput',
  title: 'Throughput of one feed',
  about: `One end has a feed in memory, the other takes all of it, both in one process and with default options. Stock is
hypercore 9 over one hypercore-protocol 8, hand-wired, as npm gives them, the key known beforehand. In replic8 the feed is
offered and taken, and the other end waits until it knows that it has caught up. The time begins before the two ends
connect. A link with a round trip gives every chunk to the other end half of it later, and has no other limit.`,
  async run(options) {
    const { small, systems } = options
    const { rounds, before, measured, kilobyte, large, latency } = {
      ...(small ? tiny : full),
      ...options.sizes,
    }
    const cases: Case[] = [
      { what: `${kilobyte} × 1 KB`, transfer: transferOf(kilobyte, 1), goal: [0.98, 1.4] },
      { what: `${large} × 64 KB`, transfer: transferOf(large, 64), goal: [0.98, 1.2] },
      { what: `${latency} × 1 KB, 40 ms round trip`, transfer: transferOf(latency, 1, 40), goal: [6, 9] },
      { what: `${latency} × 1 KB`, transfer: transferOf(latency, 1), goal: [0.98, 1] },
    ]
    const names = systems ?? (small ? ['replic8'] : ['replic8', 'stock'])
    const runs = await interleaved(cases, names as SystemName[], { rounds, before, measured }, options)
    return {
      rows: cases.flatMap((one, i) => rowsOf(one, runs[i] as Runs)),
      how: [
        `${rounds} rounds, each with a fresh process for each system and row: ${before} transfers, and ${measured} like them, of which the round's figure is the median. Over the link with a round trip it is one, after one over a pipe.`,
        'The second transfer of a process is the second of those before: most of what it takes more is V8, which has not compiled yet what runs later.',
      ],
    }
  },
}

interface Counts {
  rounds: number
  /** Transfers of a process before those that are measured, and those. */
  before: number
  measured: number
}

const full = { rounds: 5, before: 5, measured: 5, kilobyte: 20_000, large: 1_000, latency: 2_000 }
const tiny = { rounds: 1, before: 2, measured: 1, kilobyte: 40, large: 4, latency: 20 }

interface Case {
  what: string
  transfer: Transfer
  /** How many times as much a second. */
  goal: [solid: number, aim: number]
}

/** What one process took. */
interface Run {
  /** The median of each figure, over the transfers that are measured. */
  settled: Taken
  second: Taken | undefined
}

type Runs = Partial<Record<SystemName, Run[]>>

function transferOf(blocks: number, kilobytes: number, roundTrip = 0): Transfer {
  return { blocks, bytes: kilobytes * 1024, roundTrip }
}

/** All cases in both systems in each round, so that what the machine does meanwhile hits both alike. */
async function interleaved(
  cases: Case[],
  names: SystemName[],
  counts: Counts,
  { sources, log }: RunOptions,
): Promise<Runs[]> {
  const runs: Runs[] = cases.map(() => ({}))
  const program = await makeProgram('bench/throughput/program.ts', { sources })
  try {
    for (let round = 1; round <= counts.rounds; round++) {
      for (const [i, { what, transfer }] of cases.entries()) {
        for (const name of round % 2 ? names : names.toReversed()) {
          const run = await once(program, name, transfer, counts)
          runs[i] = { ...runs[i], [name]: [...(runs[i]?.[name] ?? []), run] }
          const { wallMs, cpuMs } = run.settled
          log(`round ${round}: ${what}, ${name}: ${Math.round(wallMs)} ms, ${Math.round(cpuMs)} ms CPU`)
        }
      }
    }
  } finally {
    await rm(program, { force: true })
  }
  return runs
}

async function once(
  program: string,
  name: SystemName,
  transfer: Transfer,
  { before, measured }: Counts,
): Promise<Run> {
  const child = new Child(program)
  try {
    const first: Taken[] = []
    const settled: Taken[] = []
    const isDelayed = transfer.roundTrip > 0
    for (let i = 0; i < (isDelayed ? 1 : before); i++)
      first.push(await child.call<Taken>('transfer', name, { ...transfer, roundTrip: 0 }))
    for (let i = 0; i < (isDelayed ? 1 : measured); i++)
      settled.push(await child.call<Taken>('transfer', name, transfer))
    const middle = (of: (taken: Taken) => number) => median(settled.map(of))
    return {
      settled: { wallMs: middle(({ wallMs }) => wallMs), cpuMs: middle(({ cpuMs }) => cpuMs) },
      second: first[1],
    }
  } finally {
    await child.stop()
  }
}

function rowsOf({ what, transfer, goal }: Case, { replic8 = [], stock }: Runs): Row[] {
  const { blocks, bytes, roundTrip } = transfer
  const perSecond = ({ wallMs }: Taken) => (blocks * bytes) / 2 ** 20 / (wallMs / 1000)
  const cpu = ({ cpuMs }: Taken) => (1000 * cpuMs) / blocks
  const rowOf = (figure: string, unit: string, of: (run: Run) => number, bounds?: Goal): Row =>
    row(figure, unit, replic8.map(of), 'stock hand-wired', stock?.map(of), bounds) as Row
  const [solid, aim] = goal
  const rows = [rowOf(what, 'MiB/s', ({ settled }) => perSecond(settled), { atLeast: goal })]
  // Where a link makes both wait, CPU says little about what a second brings.
  if (roundTrip > 0) return rows
  const bounds: Goal = { atMost: [round(1 / solid), round(1 / aim)] }
  const second = ({ second }: Run) => second as Taken
  rows.push(
    rowOf(`${what}, CPU a block`, 'µs', ({ settled }) => cpu(settled), bounds),
    rowOf(`${what}, the second of a process`, 'MiB/s', (run) => perSecond(second(run))),
    rowOf(`${what}, the second of a process, CPU a block`, 'µs', (run) => cpu(second(run))),
  )
  return rows
}

const round = (value: number) => Number(value.toFixed(2))
