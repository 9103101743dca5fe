import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { DiskState } from './disk.ts'
import { type Refusal, refusals } from './observer.ts'

/** What a bridge counts at the moment. */
export interface BridgeStats {
  /** WebSockets that are open. */
  sockets: number
  /** Sessions with peers. */
  sessions: number
  /** Feeds that are held, of all keys. */
  feeds: number
  /** Payload bytes of feeds since the start. */
  bytesSent: number
  bytesReceived: number
  /** Ends that find each other here, and their topics. */
  members: number
  topics: number
  relays: number
  /** Other bridges that are heard from, once for each key. */
  bridges: number
  /** Bytes since the start. */
  bytesRelayed: number
  /** Who was turned away since the start, by reason. */
  refused: Readonly<Record<Refusal, number>>
  storage: DiskState
}

const gauges: [name: string, help: string, read: (stats: BridgeStats) => number][] = [
  ['sockets', 'WebSockets that are open', (stats) => stats.sockets],
  ['sessions', 'Sessions with peers', (stats) => stats.sessions],
  ['feeds', 'Feeds that are held', (stats) => stats.feeds],
  ['signal_members', 'Ends that are joined to a topic of the signalling', (stats) => stats.members],
  ['signal_topics', 'Topics of the signalling', (stats) => stats.topics],
  ['relays', 'Relays that are open', (stats) => stats.relays],
  ['bridges', 'Other bridges that are heard from', (stats) => stats.bridges],
  ['storage_used_bytes', 'Bytes that the storage takes', (stats) => stats.storage.used],
  ['storage_free_bytes', 'Bytes that are free on the disk', (stats) => stats.storage.free],
  [
    'storage_paused',
    '1 while nothing more is taken, for want of space',
    (stats) => Number(stats.storage.full),
  ],
]

const counters: [name: string, help: string, read: (stats: BridgeStats) => number][] = [
  ['sent_bytes_total', 'Payload bytes of feeds that were sent to peers', (stats) => stats.bytesSent],
  ['received_bytes_total', 'Payload bytes of feeds that came from peers', (stats) => stats.bytesReceived],
  ['relayed_bytes_total', 'Bytes that were relayed between ends', (stats) => stats.bytesRelayed],
]

/** The numbers as Prometheus reads them: a function that gives its text format. */
export function createMetrics(stats: () => BridgeStats): () => Promise<{ type: string; text: string }> {
  const register = new Registry()
  const common = ([name, help]: readonly [string, string, unknown]) => ({
    ...{ name: `replic8_${name}`, help },
    registers: [register],
  })
  const measured = gauges.map((row) => ({ metric: new Gauge(common(row)), read: row[2] }))
  const counted = counters.map((row) => ({ metric: new Counter(common(row)), read: row[2] }))
  const refused = new Counter({
    ...common(['refused_total', 'Who was turned away, by reason', null]),
    labelNames: ['reason'],
  })
  return async () => {
    // One look at everything for all of them.
    const now = stats()
    for (const { metric, read } of measured) metric.set(read(now))
    for (const { metric } of counted) metric.reset()
    for (const { metric, read } of counted) metric.inc(read(now))
    refused.reset()
    for (const reason of refusals) refused.inc({ reason }, now.refused[reason])
    return {
      type: register.contentType,
      text: `${await register.metrics()}\n${await processMetrics().metrics()}`,
    }
  }
}

let ofProcess: Registry | undefined

/** Memory, CPU, event loop: of the process, so once for all bridges in it. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}
