import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Child } from '../harness/child.ts'
import { installPeers, versionOf } from '../harness/peers.ts'
import { makeProgram } from '../harness/programs.ts'
import type { Row, RunOptions } from '../harness/results.ts'

export type SystemName = 'replic8' | 'y-websocket' | 'automerge'

export interface Pair {
  server: Child
  clients: Child
  url: string
  rooms: string[]
}

/** MiB. What 10,000 hypercores take is more than Node allows by itself. */
const heap = 12_288

/** Runs a job with a server and clients of a system, each a fresh process, which live as long as the job. */
export type WithPair = <T>(system: SystemName, rooms: number, job: (pair: Pair) => Promise<T>) => Promise<T>

/** Makes the programs of the systems for as long as a task needs them. */
async function withPairs<T>(
  systems: readonly SystemName[],
  sources: boolean,
  task: (withPair: WithPair) => Promise<T>,
): Promise<T> {
  const packages = systems.some((system) => system !== 'replic8') ? installPeers() : undefined
  const programs = new Map<SystemName, string>()
  try {
    for (const system of systems) {
      const options = system === 'replic8' ? { sources } : { packages }
      programs.set(system, await makeProgram(`bench/bridge/${system}.ts`, options))
    }
    return await task((system, rooms, job) => withPair(programs.get(system) as string, rooms, job))
  } finally {
    for (const program of programs.values()) rmSync(program)
  }
}

async function withPair<T>(program: string, rooms: number, job: (pair: Pair) => Promise<T>): Promise<T> {
  const server = new Child(program, { heap })
  const clients = new Child(program, { heap })
  try {
    const names = Array.from({ length: rooms }, () => randomBytes(32).toString('hex'))
    const url = await server.call<string>('startServer', names)
    return await job({ server, clients, url, rooms: names })
  } finally {
    await Promise.all([server.stop(), clients.stop()])
  }
}

/** What each system measured in each round. */
export function inRounds<Figures extends Record<string, number>>(
  { systems, rounds }: CommonSizes,
  { sources, log }: RunOptions,
  measure: (withPair: WithPair, system: SystemName) => Promise<Figures>,
): Promise<Map<SystemName, Figures[]>> {
  return withPairs(systems, sources, async (withPair) => {
    const measured = new Map<SystemName, Figures[]>(systems.map((system) => [system, []]))
    for (let round = 0; round < rounds; round++) {
      for (const system of turn(systems, round)) {
        const figures = await measure(withPair, system)
        measured.get(system)?.push(figures)
        log(`round ${round + 1} of ${rounds}, ${system}: ${oneLine(figures)}`)
      }
    }
    return measured
  })
}

/** As tables and texts name a system, and the packages that it is. */
const titles: Record<SystemName, [title: string, ...packages: string[]]> = {
  replic8: ['replic8'],
  'y-websocket': ['y-websocket', 'y-websocket', '@y/websocket-server', 'yjs'],
  automerge: [
    'automerge-repo',
    '@automerge/automerge-repo',
    '@automerge/automerge-repo-network-websocket',
    '@automerge/automerge',
  ],
}

/** A sentence for each system that is compared, with the versions that were measured. */
export function versions(systems: readonly SystemName[]): string[] {
  return others(systems).map((system) => {
    const [title, ...packages] = titles[system]
    return `${title} is ${packages.map((name) => `${name} ${versionOf(name)}`).join(', ')}.`
  })
}

export interface CommonSizes {
  systems: SystemName[]
  rounds: number
}

/** The sizes that the options ask for. Throws for names that there are not. */
export function sizesOf<Sizes extends CommonSizes>(full: Sizes, small: Sizes, options: RunOptions): Sizes {
  const { systems, sizes = {} } = options
  const base = options.small ? small : full
  refuseStrangers('system', systems ?? [], titles)
  refuseStrangers('size', Object.keys(sizes), base)
  return { ...base, ...sizes, systems: (systems as SystemName[] | undefined) ?? base.systems }
}

function refuseStrangers(what: string, names: string[], known: object) {
  const stranger = names.find((name) => !Object.hasOwn(known, name))
  if (stranger === undefined) return
  throw new Error(`There is no ${what} "${stranger}", only ${Object.keys(known).join(', ')}.`)
}

const others = (systems: Iterable<SystemName>) => [...systems].filter((system) => system !== 'replic8')

/** A row for each figure and each system that has it, of what was measured round by round. */
export function rowsOf<Name extends string>(
  measured: Map<SystemName, Record<Name, number>[]>,
  figures: readonly [figure: Name, what: string, unit: string][],
): Row[] {
  return figures.flatMap(([figure, what, unit]): Row[] => {
    const values = (system: SystemName) => (measured.get(system) ?? []).map((round) => round[figure])
    const row = { what, unit, replic8: values('replic8') }
    const compared = others(measured.keys()).filter((other) => values(other).every(Number.isFinite))
    if (compared.length === 0) return [row]
    return compared.map((other) => ({ ...row, against: titles[other][0], theirs: values(other) }))
  })
}

/** What a round measured, on one line. */
function oneLine(measured: Record<string, number>): string {
  return Object.entries(measured)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ')
}

/** The order of a round: each system is first in its turn. */
function turn<T>(systems: readonly T[], round: number): T[] {
  const start = round % systems.length
  return [...systems.slice(start), ...systems.slice(0, start)]
}
