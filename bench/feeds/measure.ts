import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { installPeers } from '../harness/peers.ts'
import { makeProgram } from '../harness/programs.ts'
import type { RunOptions } from '../harness/results.ts'
import type { corestores } from './corestores.ts'
import type { Usage } from './usage.ts'
import type { variants } from './variants.ts'

/** What one run of a variant took. */
export interface Measured extends Usage {
  /** Bytes on the wire, both directions. */
  wireBytes: number
}

type Own = keyof typeof variants
type Peer = keyof typeof corestores

export interface Subject {
  variant: Own | Peer
  feeds: number
  /** Runs of the process before those that are measured; default: none. */
  before?: number
  /** Of how many runs the middle one counts; default: one. */
  measured?: number
}

const isPeer = (variant: Own | Peer): variant is Peer => variant.startsWith('hypercore')

/** Runs a variant in a process of its own. */
async function measure(
  program: string,
  { variant, feeds, before = 0, measured = 1 }: Subject,
): Promise<Measured> {
  const profiles = process.env.REPLIC8_BENCH_PROFILE
  const flags = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  const args = ['--expose-gc', ...flags, program, variant, ...[feeds, before, measured].map(String)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${variant} with ${feeds} feeds ended with exit code ${code}.`)
  return JSON.parse(output)
}

/** Measures all subjects in each round, one after the other, so that what the machine does meanwhile hits all alike. */
export async function interleaved<S extends Record<string, Subject>>(
  subjects: S,
  rounds: number,
  { sources, log }: Pick<RunOptions, 'sources' | 'log'>,
): Promise<Record<keyof S, Measured[]>> {
  const names = Object.keys(subjects) as (keyof S)[]
  const own = await makeProgram('bench/feeds/child.ts', { sources })
  const needsPeers = Object.values(subjects).some(({ variant }) => isPeer(variant))
  const peers = needsPeers
    ? await makeProgram('bench/feeds/corestores-child.ts', { packages: installPeers() })
    : own
  const measured = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<
    keyof S,
    Measured[]
  >
  try {
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const subject = subjects[name] as Subject
        const run = await measure(isPeer(subject.variant) ? peers : own, subject)
        measured[name].push(run)
        log(`round ${round + 1}: ${String(name)} ${Math.round(run.cpuMs)} ms CPU`)
      }
    }
  } finally {
    for (const program of new Set([own, peers])) rmSync(program, { force: true })
  }
  return measured
}
