import type { SessionStats } from '../session/stats.ts'

/** A session's numbers over all peers. `roundTripMs` is the smallest; null before one was measured. */
export interface ReplicatorStats extends SessionStats {
  /** Open sessions. */
  sessions: number
  /** Cores that are held. */
  cores: number
}

export function sumStats(all: SessionStats[], cores: number): ReplicatorStats {
  const sum: ReplicatorStats = {
    sessions: all.length,
    cores,
    bytesSent: 0,
    bytesReceived: 0,
    blocksSent: 0,
    blocksReceived: 0,
    bytesPerSecond: { sent: 0, received: 0 },
    roundTripMs: null,
    feeds: { offered: 0, accepted: 0, replicating: 0, synced: 0, declined: 0, withdrawn: 0 },
  }
  for (const stats of all) {
    for (const name of ['bytesSent', 'bytesReceived', 'blocksSent', 'blocksReceived'] as const)
      sum[name] += stats[name]
    sum.bytesPerSecond.sent += stats.bytesPerSecond.sent
    sum.bytesPerSecond.received += stats.bytesPerSecond.received
    if (stats.roundTripMs !== null)
      sum.roundTripMs = Math.min(sum.roundTripMs ?? stats.roundTripMs, stats.roundTripMs)
    for (const name of Object.keys(sum.feeds) as (keyof SessionStats['feeds'])[])
      sum.feeds[name] += stats.feeds[name]
  }
  return sum
}
