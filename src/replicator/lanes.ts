import type { Session } from '../session/session.ts'

/** A message on its way to a peer. */
export interface Letter {
  send(session: Session): void
}

/** What is to be sent to one peer, whichever session it is reached by. */
interface Lane {
  /** Its open sessions, the oldest first. */
  readonly sessions: Session[]
  /** The one that messages take: another only when this one is over, so that they stay in order. */
  current: Session | null
  /** They wait for the end of the current session, which retires. */
  readonly held: Letter[]
  /** It got the broadcasts from this number on, and, where it has no session any more, below that one. */
  since: number
  until: number
}

/** A session whose peer is not known yet. */
interface Stranger {
  readonly since: number
  readonly waiting: { letter: Letter; number: number | null }[]
}

/**
 * Sends each peer each message once, and in order, also while two sessions with it stand and one takes over from the
 * other. What was under way on a connection that is cut is lost, and not sent again.
 */
export class Lanes {
  private readonly byPeer = new Map<string, Lane>()
  private readonly strangers = new Map<Session, Stranger>()
  /** Broadcasts so far. */
  private count = 0

  /** A session is made; what is sent to it waits until it is open. */
  add(session: Session) {
    this.strangers.set(session, { since: this.count, waiting: [] })
  }

  /** A session is open: its peer is known. */
  open(session: Session) {
    const stranger = this.strangers.get(session)
    if (!stranger) return
    this.strangers.delete(session)
    const lane = this.laneOf(session, stranger.since)
    lane.sessions.push(session)
    lane.current ??= session
    for (const { letter, number } of stranger.waiting) {
      const hasIt = number !== null && number >= lane.since && number < lane.until
      if (!hasIt) post(lane, letter)
    }
    lane.since = Math.min(lane.since, stranger.since)
    lane.until = Number.POSITIVE_INFINITY
    this.forget()
  }

  /** A session is over. */
  remove(session: Session) {
    this.strangers.delete(session)
    const lane = this.byPeer.get(peerOf(session))
    const at = lane?.sessions.indexOf(session) ?? -1
    if (lane && at >= 0) {
      lane.sessions.splice(at, 1)
      if (lane.current === session) this.moveOn(lane)
    }
    this.forget()
  }

  /** To the peer of a session, by whichever session it is reached now. */
  send(letter: Letter, session: Session) {
    const stranger = this.strangers.get(session)
    if (stranger) stranger.waiting.push({ letter, number: null })
    else {
      const lane = this.byPeer.get(peerOf(session))
      if (lane?.current) post(lane, letter)
    }
  }

  /** To every peer. */
  broadcast(letter: Letter) {
    const number = this.count++
    for (const { waiting } of this.strangers.values()) waiting.push({ letter, number })
    for (const lane of this.byPeer.values()) if (lane.current) post(lane, letter)
  }

  private laneOf(session: Session, since: number): Lane {
    const peer = peerOf(session)
    const lane = this.byPeer.get(peer) ?? { sessions: [], current: null, held: [], since, until: since }
    this.byPeer.set(peer, lane)
    return lane
  }

  private moveOn(lane: Lane) {
    const [first = null] = lane.sessions
    lane.current = lane.sessions.find((session) => session.takesMessages) ?? first
    const held = lane.held.splice(0)
    if (lane.current) for (const letter of held) post(lane, letter)
    else lane.until = this.count
  }

  /** What a peer that is gone has got matters as long as a session may turn out to be with it. */
  private forget() {
    if (this.strangers.size > 0) return
    for (const [peer, { current }] of this.byPeer) if (!current) this.byPeer.delete(peer)
  }
}

function post(lane: Lane, letter: Letter) {
  if (lane.current?.takesMessages) letter.send(lane.current)
  else lane.held.push(letter)
}

const peerOf = ({ remotePublicKey }: Session) => remotePublicKey?.toString('hex') ?? ''
