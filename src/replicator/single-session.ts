import { Replic8Error } from '../errors.ts'
import type { Session } from '../session/session.ts'

/** Milliseconds that a connection has to answer when its peer comes by another one. */
const patience = 3000

/**
 * Keeps one session a peer, by its static Noise key. Of two that are both alive, both ends keep the one whose connection
 * has the smaller id, which both know. The older one may be dead without knowing it, when the peer's process was started
 * again: it is ended when it does not answer.
 */
export class SingleSession {
  private readonly byPeer = new Map<string, Set<Session>>()
  private readonly peers = new Map<Session, string>()
  private readonly timers = new Map<Session, ReturnType<typeof setTimeout>>()

  /** Notes an open session, and ends the surplus of its peer as soon as that is safe. */
  admit(session: Session) {
    const peer = session.remotePublicKey?.toString('hex') ?? ''
    const sessions = this.byPeer.get(peer) ?? new Set()
    const older = [...sessions]
    this.byPeer.set(peer, sessions.add(session))
    this.peers.set(session, peer)
    for (const other of older) void this.settle(other, session)
  }

  remove(session: Session) {
    const peer = this.peers.get(session)
    this.peers.delete(session)
    this.stopWaiting(session)
    if (peer === undefined) return
    const sessions = this.byPeer.get(peer)
    sessions?.delete(session)
    if (sessions?.size === 0) this.byPeer.delete(peer)
  }

  private async settle(older: Session, newer: Session) {
    if (!older.id || !newer.id) return
    const timer = setTimeout(() => {
      const detail = 'The peer has connected anew, and does not answer here.'
      if (newer.isOpen) older.destroy(new Replic8Error('ERR_TIMEOUT', detail))
    }, patience)
    this.stopWaiting(older)
    this.timers.set(older, timer)
    await older.ping()
    this.stopWaiting(older)
    const [stays, goes] = Buffer.compare(older.id, newer.id) < 0 ? [older, newer] : [newer, older]
    if (stays === newer) await newer.ping()
    if (stays.isOpen && goes.isOpen) goes.end()
  }

  private stopWaiting(session: Session) {
    clearTimeout(this.timers.get(session))
    this.timers.delete(session)
  }
}
