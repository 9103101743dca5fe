import { withCpu } from '../harness/child.ts'
import type { Benchmark, Result, RunOptions } from '../harness/results.ts'
import { percentile, sum } from '../harness/statistics.ts'
import { entryBytes } from './entries.ts'
import { type CommonSizes, inRounds, type Pair, rowsOf, sizesOf, versions } from './pairs.ts'

interface Sizes extends CommonSizes {
  subscribers: number
  /** Entries at the same rate before anything is measured, so that the code is compiled. */
  warmUp: number
  /** Entries that are measured one at a time. */
  single: number
  perSecond: number
  /** Entries that are measured at that rate. */
  paced: number
}

const full: Sizes = {
  systems: ['replic8', 'y-websocket', 'automerge'],
  rounds: 5,
  subscribers: 20,
  warmUp: 500,
  single: 200,
  perSecond: 100,
  paced: 1_000,
}

const small: Sizes = {
  systems: ['replic8'],
  rounds: 1,
  subscribers: 3,
  warmUp: 2,
  single: 5,
  perSecond: 100,
  paced: 10,
}

/** The figures of one system in one round; times in ms, CPU in ms an entry. */
type Figures = Record<`${'single' | 'paced'} ${'p50' | 'p99' | 'server' | 'clients' | 'cpu'}`, number> & {
  'single rate': number
}

export const fanOut: Benchmark = {
  name: 'bridge-fan-out',
  title: 'One document, 20 subscribers',
  about: `A writer and 20 subscribers, each with a connection of its own to a server on loopback. An entry of ${entryBytes}
random bytes is appended to a feed, to an array of a Yjs document, to a list of an Automerge document; it has arrived when
the last subscriber has it in its memory. The server is a process, the writer and the subscribers are a second one. Nothing
is persisted. First each entry is appended when the one before has arrived, then 100 a second.`,
  run: (options) => measure(sizesOf(full, small, options), options),
}

async function measure(sizes: Sizes, options: RunOptions): Promise<Result> {
  const measured = await inRounds(sizes, options, (withPair, system) =>
    withPair(system, 1, (pair) => oneRound(pair, sizes)),
  )
  return { rows: rowsOf(measured, figureRows), how: [...how(sizes), ...versions(sizes.systems)] }
}

async function oneRound({ server, clients, url, rooms }: Pair, sizes: Sizes): Promise<Figures> {
  const { subscribers, warmUp, single, perSecond, paced } = sizes
  await clients.call('openRoom', url, rooms[0], subscribers)
  await clients.call('atRate', perSecond, warmUp)
  const both = [server, clients]
  const first = await withCpu(both, () => clients.call<number[]>('oneAtATime', single))
  const second = await withCpu(both, () => clients.call<number[]>('atRate', perSecond, paced))
  await clients.call('verify')
  const [p50, p99] = [0.5, 0.99]
  const cpu = ({ cpu }: { cpu: number[] }, entries: number) =>
    cpu.map((ms) => ms / entries) as [number, number]
  const [singleServer, singleClients] = cpu(first, single)
  const [pacedServer, pacedClients] = cpu(second, paced)
  return {
    'single p50': percentile(first.value, p50),
    'single p99': percentile(first.value, p99),
    'single rate': (1_000 * single) / sum(first.value),
    'single server': singleServer,
    'single clients': singleClients,
    'single cpu': singleServer + singleClients,
    'paced p50': percentile(second.value, p50),
    'paced p99': percentile(second.value, p99),
    'paced server': pacedServer,
    'paced clients': pacedClients,
    'paced cpu': pacedServer + pacedClients,
  }
}

const figureRows: [figure: keyof Figures, what: string, unit: string][] = [
  ['single p50', 'one at a time: to the last subscriber, p50', 'ms'],
  ['single p99', 'one at a time: to the last subscriber, p99', 'ms'],
  ['single rate', 'one at a time: entries a second', '/s'],
  ['single server', 'one at a time: CPU of the server an entry', 'ms'],
  ['single clients', 'one at a time: CPU of all clients an entry', 'ms'],
  ['single cpu', 'one at a time: CPU of both an entry', 'ms'],
  ['paced p50', '100 a second: to the last subscriber, p50', 'ms'],
  ['paced p99', '100 a second: to the last subscriber, p99', 'ms'],
  ['paced server', '100 a second: CPU of the server an entry', 'ms'],
  ['paced clients', '100 a second: CPU of all clients an entry', 'ms'],
  ['paced cpu', '100 a second: CPU of both an entry', 'ms'],
]

function how({ rounds, subscribers, warmUp, single, perSecond, paced }: Sizes): string[] {
  return [
    `${rounds} rounds, each with fresh processes for each system, in an order that changes from round to round: ${subscribers} subscribers, ${warmUp} entries to warm up, ${single} one at a time, ${paced} at ${perSecond} a second. Then every subscriber's copy is compared with what was written, byte by byte.`,
    'replic8 encrypts and signs what it sends, each subscriber verifies the signature of each entry, and the bridge is an equal peer; the others rely on TLS, which is off here, and on the server.',
    'automerge-repo holds changes of a document back for up to 100 ms on each side, and has no option for that: its times are mostly this, and its CPU at 100 a second is that of some ten exchanges a second.',
  ]
}
