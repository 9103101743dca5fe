import { rmSync } from 'node:fs'
import { Child, withCpu } from '../harness/child.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Benchmark, Row, RunOptions } from '../harness/results.ts'

interface Sizes {
  rounds: number
  feeds: number
  differ: number
}

const full: Sizes = { rounds: 5, feeds: 100_000, differ: 100 }
const small: Sizes = { rounds: 1, feeds: 1500, differ: 10 }

interface Figures {
  bytes: number
  cpu: number
}

type Variant = 'replic8' | 'whole offer'

export const reconnect: Benchmark = {
  name: 'reconnect',
  title: 'Meeting again, with 100,000 feeds agreed on',
  about: `Two sessions in one process, joined, agree on 100,000 feeds with headers of about 35 bytes, and part. Then 50 of
the feeds are gone and 50 are new, and the two meet again: measured from there on until both know that the other has
everything. Against sessions that remember nothing, so that the whole offer is made. Each end has an OfferMemory, as each
replicator has. The feeds are stand-ins without channels of their own (100,000 hypercores do not fit into one process): the bytes are
those of the handshake and of the negotiation, in both directions; what hypercore says to open a channel for each feed is the
same with both, and not in them.`,
  async run(options) {
    const sizes = { ...(options.small ? small : full), ...options.sizes }
    const measured = await inRounds(sizes, options)
    const values = (variant: Variant, figure: keyof Figures) => measured[variant].map((one) => one[figure])
    const row = (what: string, unit: string, figure: keyof Figures, goal: Row['goal']): Row => ({
      what,
      unit,
      replic8: values('replic8', figure),
      against: 'the whole offer',
      theirs: values('whole offer', figure),
      ...(goal ? { goal } : {}),
    })
    return {
      rows: [
        row(`bytes to agree again on ${sizes.feeds}`, 'bytes', 'bytes', { atMost: [0.1, 0.01] }),
        row('CPU of both ends', 'ms', 'cpu', { atMost: [1, 1] }),
      ],
      how: [
        `${sizes.rounds} meetings in a process for each, after the first one, by turns; the limit channels is 1,048,576. Each meeting checks that every feed was offered with its header and taken.`,
      ],
    }
  },
}

async function inRounds(sizes: Sizes, { sources, log }: RunOptions): Promise<Record<Variant, Figures[]>> {
  const program = await makeProgram('bench/reconnect/program.ts', { sources })
  const measured: Record<Variant, Figures[]> = { replic8: [], 'whole offer': [] }
  const variants = Object.keys(measured) as Variant[]
  const children = variants.map(() => new Child(program))
  try {
    for (const [i, variant] of variants.entries())
      await children[i]?.call('agree', sizes.feeds, variant === 'replic8')
    for (let round = 0; round < sizes.rounds; round++) {
      for (const [i, variant] of variants.entries()) {
        const figures = await oneRound(children[i] as Child, sizes)
        measured[variant].push(figures)
        log(`round ${round + 1}, ${variant}: ${figures.bytes} bytes, ${Math.round(figures.cpu)} ms CPU`)
      }
    }
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    rmSync(program)
  }
  return measured
}

async function oneRound(child: Child, { differ }: Sizes): Promise<Figures> {
  await child.call('differ', differ)
  // What the meeting before has left behind is not the next one's matter.
  await child.usage()
  const { value: bytes, cpu } = await withCpu([child], () => child.call<number>('meet'))
  return { bytes, cpu: cpu[0] as number }
}
