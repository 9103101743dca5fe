import { rm } from 'node:fs/promises'
import { Child } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Goal, Row, RunOptions } from '../harness/results.ts'
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
    const { rounds, kilobyte, large, latency } = { ...(small ? tiny : full), ...options.sizes }
    const cases: Case[] = [
      { what: `${kilobyte} × 1 KB`, transfer: transferOf(kilobyte, 1, 0), goal: [0.98, 1.4] },
      { what: `${large} × 64 KB`, transfer: transferOf(large, 64, 0), goal: [0.98, 1.2] },
      { what: `${latency} × 1 KB, 40 ms round trip`, transfer: transferOf(latency, 1, 40), goal: [6, 9] },
      { what: `${latency} × 1 KB`, transfer: transferOf(latency, 1, 0), goal: [0.98, 1] },
    ]
    const names = systems ?? (small ? ['replic8'] : ['replic8', 'stock'])
    const runs = await interleaved(cases, names as SystemName[], rounds, options)
    return {
      rows: cases.flatMap((one, i) => rowsOf(one, runs[i] as Runs)),
      how: [
        `${rounds} rounds, each transfer in a fresh process that has made one like it over a pipe before.`,
      ],
    }
  },
}

const full = { rounds: 5, kilobyte: 20_000, large: 1_000, latency: 2_000 }
const tiny = { rounds: 1, kilobyte: 40, large: 4, latency: 20 }

interface Case {
  what: string
  transfer: Transfer
  /** How many times as much a second. */
  goal: [solid: number, aim: number]
}

type Runs = Partial<Record<SystemName, Taken[]>>

function transferOf(blocks: number, kilobytes: number, roundTrip: number): Transfer {
  return { blocks, bytes: kilobytes * 1024, roundTrip }
}

/** All cases in both systems in each round, so that what the machine does meanwhile hits both alike. */
async function interleaved(
  cases: Case[],
  names: SystemName[],
  rounds: number,
  { sources, log }: RunOptions,
): Promise<Runs[]> {
  const runs: Runs[] = cases.map(() => ({}))
  const program = await makeProgram('bench/throughput/program.ts', { sources })
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [i, { what, transfer }] of cases.entries()) {
        for (const name of round % 2 ? names : names.toReversed()) {
          const taken = await once(program, name, transfer)
          runs[i] = { ...runs[i], [name]: [...(runs[i]?.[name] ?? []), taken] }
          log(
            `round ${round}: ${what}, ${name}: ${Math.round(taken.wallMs)} ms, ${Math.round(taken.cpuMs)} ms CPU`,
          )
        }
      }
    }
  } finally {
    await rm(program, { force: true })
  }
  return runs
}

async function once(program: string, name: SystemName, transfer: Transfer): Promise<Taken> {
  const child = new Child(program)
  try {
    const warmUp = { ...transfer, blocks: Math.min(4_000, 2 * transfer.blocks), roundTrip: 0 }
    return await child.call<Taken>('run', name, transfer, warmUp)
  } finally {
    await child.stop()
  }
}

function rowsOf({ what, transfer, goal }: Case, { replic8 = [], stock }: Runs): Row[] {
  const { blocks, bytes, roundTrip } = transfer
  const perSecond = (runs: Taken[]) => runs.map(({ wallMs }) => (blocks * bytes) / 2 ** 20 / (wallMs / 1000))
  const cpu = (runs: Taken[]) => runs.map(({ cpuMs }) => (1000 * cpuMs) / blocks)
  const row = (figure: string, unit: string, of: (runs: Taken[]) => number[], aim?: Goal): Row => ({
    what: figure,
    unit,
    replic8: of(replic8),
    ...(stock ? { against: 'stock hand-wired', theirs: of(stock), ...(aim ? { goal: aim } : {}) } : {}),
  })
  const [solid, aim] = goal
  const rows = [row(what, 'MiB/s', perSecond, { atLeast: goal })]
  const bounds: Goal = { atMost: [round(1 / solid), round(1 / aim)] }
  // Where a link makes both wait, CPU says little about what a second brings.
  if (roundTrip === 0) rows.push(row(`${what}, CPU a block`, 'µs', cpu, bounds))
  return rows
}

const round = (value: number) => Number(value.toFixed(2))
