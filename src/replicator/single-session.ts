import { Replic8Error } from '../errors.ts'
import type { Session } from '../session/session.ts'

/** Milliseconds without a byte that a connection has to answer when its peer comes by another one. */
const patience = 3000

/**
 * Keeps one session a peer, by its static Noise key. Of two that are both alive, both ends keep the direct one where the
 * other is relayed, else the one whose connection has the smaller id, which both know. The other retires when all of the
 * first batches is agreed on in the one that stays. The older one may be dead without knowing it, when the peer's
 * process was started again: it is ended when it does not answer.
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
    // What one of them ends with before it is settled is its own matter.
    for (const other of older) this.settle(other, session).catch(() => {})
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

  /** Another open session with the peer of a session. */
  other(session: Session): Session | undefined {
    const sessions = this.byPeer.get(session.remotePublicKey?.toString('hex') ?? '') ?? []
    return [...sessions].find((other) => other !== session && other.isOpen)
  }

  private async settle(older: Session, newer: Session) {
    if (!older.id || !newer.id) return
    this.stopWaiting(older)
    this.expectLife(older, newer, older.stream.bytesReceived)
    await older.ping()
    this.stopWaiting(older)
    const [stays, goes] = choose(older, newer)
    // Every offer of both first batches is answered, and the peer has heard our answers: all channels are open.
    await stays.synced({ keys: [] })
    await stays.ping()
    if (stays.isOpen) goes.retire()
  }

  /** A slow connection may have much to bring before the answer: as long as it brings something, it lives. */
  private expectLife(older: Session, newer: Session, received: number) {
    const check = () => {
      const { bytesReceived } = older.stream
      if (!newer.isOpen) return
      if (bytesReceived > received) return this.expectLife(older, newer, bytesReceived)
      const detail = 'The peer has connected anew, and does not answer here.'
      older.destroy(new Replic8Error('ERR_TIMEOUT', detail))
    }
    this.timers.set(older, setTimeout(check, patience))
  }

  private stopWaiting(session: Session) {
    clearTimeout(this.timers.get(session))
    this.timers.delete(session)
  }
}

/** The one that stays, and the one that goes. */
function choose(a: Session, b: Session): [stays: Session, goes: Session] {
  const [isARelayed, isBRelayed] = [a, b].map(({ connectionKind }) => connectionKind === 'relay')
  if (isARelayed !== isBRelayed) return isBRelayed ? [a, b] : [b, a]
  return Buffer.compare(a.id as Buffer, b.id as Buffer) < 0 ? [a, b] : [b, a]
}
