import { withCpu } from '../harness/child.ts'
import type { Benchmark, Result, RunOptions } from '../harness/results.ts'
import { percentile } from '../harness/statistics.ts'
import { type CommonSizes, inRounds, type Pair, rowsOf, sizesOf, versions } from './pairs.ts'

interface Sizes extends CommonSizes {
  rooms: number
  /** Peers in each. */
  peers: number
  /** Entries that all sessions together append in a second. */
  perSecond: number
  /** Entries that each session appends before anything is measured, so that the code is compiled. */
  warmUp: number
  /** Entries that each session appends then. */
  entries: number
}

const full: Sizes = {
  systems: ['replic8', 'y-websocket'],
  rounds: 5,
  rooms: 25,
  peers: 20,
  perSecond: 25,
  warmUp: 1,
  entries: 2,
}

const small: Sizes = {
  systems: ['replic8'],
  rounds: 1,
  rooms: 2,
  peers: 2,
  perSecond: 50,
  warmUp: 1,
  entries: 2,
}

type Figures = Record<
  | 'joined'
  | 'each50'
  | 'each99'
  | 'last50'
  | 'last99'
  | 'held'
  | 'everywhere'
  | 'idle'
  | 'full'
  | 'server'
  | 'clients',
  number
>

export const sessions: Benchmark = {
  name: 'bridge-sessions',
  title: '500 sessions on one bridge',
  about: `25 topics of 20 peers each on one bridge over loopback WebSocket: the bridge is a process, all peers are a second
one. Everybody begins a feed of its own at the same time, with one entry of 100 random bytes, and takes the feeds of the 19
others of its topic: 500 feeds, 9,500 copies at peers and 500 on the bridge. Then everybody appends in turns.`,
  run: (options) => measure(sizesOf(full, small, options), options),
}

async function measure(sizes: Sizes, options: RunOptions): Promise<Result> {
  const measured = await inRounds(sizes, options, (withPair, system) =>
    withPair(system, sizes.rooms, (pair) => oneRound(pair, sizes)),
  )
  return { rows: rowsOf(measured, figureRows), how: [...how(sizes), ...versions(sizes.systems)] }
}

async function oneRound({ server, clients, url, rooms }: Pair, sizes: Sizes): Promise<Figures> {
  const { peers, perSecond, warmUp, entries } = sizes
  const count = rooms.length * peers
  const before = await server.usage()
  const started = performance.now()
  await clients.call('openRooms', url, rooms, peers)
  const joined = (performance.now() - started) / 1_000
  const idle = await server.usage()

  const held = server.call<number | undefined>('held', count)
  const published = await clients.call<{ began: number; everywhere: number }>('publish')
  const holding = await held
  const full = await server.usage()

  await clients.call('append', perSecond, warmUp)
  const appending = await withCpu([server, clients], () =>
    clients.call<{ each: number[]; last: number[] }>('append', perSecond, entries),
  )
  const { each, last } = appending.value
  const [cpuServer, cpuClients] = appending.cpu as [number, number]
  const total = count * entries
  const rate = (until: number) => (1_000 * count) / (until - published.began)
  const memory = (usage: { rss: number }) => (usage.rss - before.rss) / count / 1_024
  return {
    joined: count / joined,
    each50: percentile(each, 0.5),
    each99: percentile(each, 0.99),
    last50: percentile(last, 0.5),
    last99: percentile(last, 0.99),
    held: rate(holding ?? Number.NaN),
    everywhere: rate(published.everywhere),
    idle: memory(idle),
    full: memory(full),
    server: cpuServer / total,
    clients: cpuClients / total,
  }
}

const figureRows: [figure: keyof Figures, what: string, unit: string][] = [
  ['each50', 'from append to each subscriber, p50', 'ms'],
  ['each99', 'from append to each subscriber, p99', 'ms'],
  ['last50', 'from append to the last subscriber, p50', 'ms'],
  ['last99', 'from append to the last subscriber, p99', 'ms'],
  ['server', 'CPU of the server an append', 'ms'],
  ['clients', 'CPU of all clients an append', 'ms'],
  ['held', 'new feeds until all are on the bridge', '/s'],
  ['everywhere', 'new feeds until all are at all peers of their topic', '/s'],
  ['joined', 'sessions opened', '/s'],
  ['idle', 'memory of the server a session without feeds', 'KiB'],
  ['full', 'memory of the server a session with its feed and 19 others', 'KiB'],
]

function how({ rounds, rooms, peers, perSecond, warmUp, entries }: Sizes): string[] {
  return [
    `${rounds} rounds with fresh processes: ${rooms} topics of ${peers} peers, ${perSecond} appends a second by all together, ${warmUp} by each to warm up and ${entries} that are measured.`,
    'An append that a busy process makes late counts from when it was due.',
    'Memory is what is resident after a garbage collection, less what was before the first session, over the sessions.',
    'In y-websocket a topic is one document, and a feed an array in it.',
  ]
}
