import type { Replicator } from '../replicator/replicator.ts'
import type { Session } from '../session/session.ts'

/** The bytes that the sessions of replicators have moved, those that are over included. */
export class Traffic {
  private readonly open = new Set<Session>()
  /** Of each feed, what was told last. */
  private readonly told = new WeakMap<Session, Map<string, number>>()
  private sent = 0
  private received = 0
  private arrived = 0

  watch(replicator: Replicator) {
    replicator.on('session', (session) => this.open.add(session))
    replicator.on('progress', ({ key, bytes }, session) => this.progress(session, key.toString('hex'), bytes))
    replicator.on('close', (_error, session) => {
      if (!this.open.delete(session)) return
      const { bytesSent, bytesReceived } = session.stats
      this.sent += bytesSent
      this.received += bytesReceived
    })
  }

  /** Payload bytes of feeds. It asks every session, which counts its offers for that. */
  get total(): { bytesSent: number; bytesReceived: number } {
    let [bytesSent, bytesReceived] = [this.sent, this.received]
    for (const { stats } of this.open) {
      bytesSent += stats.bytesSent
      bytesReceived += stats.bytesReceived
    }
    return { bytesSent, bytesReceived }
  }

  /** About as many bytes as were received, a moment ago; it costs nothing to ask. */
  get recentlyReceived(): number {
    return this.arrived
  }

  private progress(session: Session, feed: string, bytes: number) {
    const told = this.told.get(session) ?? new Map<string, number>()
    this.told.set(session, told)
    const before = told.get(feed) ?? 0
    told.set(feed, bytes)
    // A feed that was agreed on anew begins at 0.
    this.arrived += bytes < before ? bytes : bytes - before
  }
}
