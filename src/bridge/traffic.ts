import type { Replicator } from '../replicator/replicator.ts'
import type { Session } from '../session/session.ts'

/** The bytes that the sessions of replicators have moved, those that are over included. */
export class Traffic {
  private readonly open = new Set<Session>()
  private sent = 0
  private received = 0

  watch(replicator: Replicator) {
    replicator.on('session', (session) => this.open.add(session))
    replicator.on('close', (_error, session) => {
      if (!this.open.delete(session)) return
      const { bytesSent, bytesReceived } = session.stats
      this.sent += bytesSent
      this.received += bytesReceived
    })
  }

  /** Payload bytes of feeds. */
  get total(): { bytesSent: number; bytesReceived: number } {
    let [bytesSent, bytesReceived] = [this.sent, this.received]
    for (const { stats } of this.open) {
      bytesSent += stats.bytesSent
      bytesReceived += stats.bytesReceived
    }
    return { bytesSent, bytesReceived }
  }
}
