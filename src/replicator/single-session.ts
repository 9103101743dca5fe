import type { Session } from '../session/session.ts'

/**
 * Keeps one session a peer, by its static Noise key. Of two that both are alive, both ends keep the one whose connection
 * has the smaller id, which both know. An older one may be dead without knowing it, when the peer's process was started
 * again: so the newer one goes only when the older one has answered.
 */
export class SingleSession {
  private readonly byPeer = new Map<string, Set<Session>>()

  /** Notes an open session, and ends the surplus of its peer as soon as that is safe. */
  admit(session: Session) {
    const peer = session.remotePublicKey?.toString('hex') ?? ''
    const sessions = this.byPeer.get(peer) ?? new Set()
    this.byPeer.set(peer, sessions.add(session))
    for (const other of sessions) if (other !== session) void settle(other, session)
  }

  remove(session: Session) {
    for (const [peer, sessions] of this.byPeer) {
      sessions.delete(session)
      if (sessions.size === 0) this.byPeer.delete(peer)
    }
  }
}

async function settle(a: Session, b: Session) {
  if (!a.id || !b.id) return
  const [stays, goes] = Buffer.compare(a.id, b.id) < 0 ? [a, b] : [b, a]
  await stays.ping()
  if (stays.isOpen && goes.isOpen) goes.end()
}
