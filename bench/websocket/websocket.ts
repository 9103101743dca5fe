import { rmSync } from 'node:fs'
import { Child } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Row, RunOptions } from '../harness/results.ts'
import { median } from '../harness/statistics.ts'
import type { Direction, Link } from './program.ts'

interface Sizes {
  rounds: number
  blocks: number
  bytes: number
  /** Transfers of a process before those that are measured, and those. */
  before: number
  measured: number
}

const full: Sizes = { rounds: 5, blocks: 1_000, bytes: 65_536, before: 5, measured: 5 }
const small: Sizes = { rounds: 1, blocks: 10, bytes: 65_536, before: 1, measured: 1 }

interface Used {
  wall: number
  cpu: number
}

const links: Link[] = ['pipe', 'websocket']
const directions: Direction[] = ['download', 'upload']
const titles: Record<Direction, string> = { download: 'bridge to client', upload: 'client to bridge' }

export const overWebSocket: Benchmark = {
  name: 'websocket',
  title: 'Over a WebSocket',
  about: `A bridge and a client of it, both in one process, all in memory: a feed of blocks of 64 KiB goes from one to the
other, over a WebSocket on loopback as \`websocket()\` and the bridge make it, and over a pipe, where the stream of the
session of one end is that of the other's. What differs is the way of the bytes alone, and as both ends share one thread
with it, all of its cost is in the time.`,
  async run(options) {
    const sizes = { ...(options.small ? small : full), ...options.sizes }
    const measured = await inRounds(sizes, options)
    const of = (direction: Direction, link: Link, figure: keyof Used) =>
      measured.get(`${direction} ${link}`)?.map((used) => used[figure]) ?? []
    const megabytes = (sizes.blocks * sizes.bytes) / 1e6
    const rows = directions.flatMap((direction): Row[] => [
      {
        what: `64 KiB blocks, ${titles[direction]}, wall a MB`,
        unit: 'ms',
        replic8: of(direction, 'websocket', 'wall').map((ms) => ms / megabytes),
        against: 'in-process pipe',
        theirs: of(direction, 'pipe', 'wall').map((ms) => ms / megabytes),
        goal: { atMost: [1.8, 1.4] },
      },
      {
        what: `64 KiB blocks, ${titles[direction]}, CPU a MB`,
        unit: 'ms',
        replic8: of(direction, 'websocket', 'cpu').map((ms) => ms / megabytes),
        against: 'in-process pipe',
        theirs: of(direction, 'pipe', 'cpu').map((ms) => ms / megabytes),
      },
    ])
    return {
      rows,
      how: [
        `${sizes.rounds} rounds, each with a fresh process for each way: ${sizes.before} transfers of ${sizes.blocks} blocks, and ${sizes.measured} like them, of which the round's figure is the median; from connecting until both ends know that all is there.`,
      ],
    }
  },
}

async function inRounds(sizes: Sizes, { sources, log }: RunOptions) {
  const program = await makeProgram('bench/websocket/program.ts', { sources })
  const measured = new Map<string, Used[]>()
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      for (const direction of directions) {
        // Each is first in its turn.
        for (const link of round % 2 === 0 ? links : links.toReversed()) {
          const used = await inChild(program, link, direction, sizes)
          const name = `${direction} ${link}`
          measured.set(name, [...(measured.get(name) ?? []), used])
          log(`round ${round + 1}, ${name}: ${used.wall.toFixed(0)} ms, CPU ${used.cpu.toFixed(0)} ms`)
        }
      }
    }
  } finally {
    rmSync(program)
  }
  return measured
}

async function inChild(
  program: string,
  link: Link,
  direction: Direction,
  { blocks, bytes, before, measured }: Sizes,
): Promise<Used> {
  const child = new Child(program)
  try {
    const all: Used[] = []
    for (let i = 0; i < before + measured; i++)
      all.push(await child.call<Used>('run', link, direction, blocks, bytes))
    const middle = (of: (used: Used) => number) => median(all.slice(before).map(of))
    return { wall: middle(({ wall }) => wall), cpu: middle(({ cpu }) => cpu) }
  } finally {
    await child.stop()
  }
}
