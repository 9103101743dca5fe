import type { Session } from '../../../src/session/session.ts'
import { memoryPair } from '../../../src/transports/memory.ts'
import type { Feed } from './feed.ts'
import type { Member } from './member.ts'

/** One end of a connection, and what the model knows of it. */
export interface End {
  readonly member: Member
  readonly session: Session
  /** What this end has offered since the connection was made, or had when it was: how long it was then, at least. */
  readonly offered: Map<string, number>
  /** What it had when the connection was made. */
  readonly first: ReadonlySet<string>
  /** What this end has taken back on this connection. */
  readonly takenBack: Set<string>
  /** Feeds that this end has heard of on this connection. */
  readonly heard: Set<string>
  /** How long they are, as far as this end has heard. */
  readonly told: Map<string, number>
}

/** A connection between two members. */
export class Link {
  readonly ends: readonly [End, End]
  broken = false
  private readonly opened = new Set<Session>()
  private readonly closed = new Set<Session>()
  private readonly cutNow: () => void

  constructor(a: Member, b: Member, feeds: Iterable<Feed>) {
    const [left, right] = memoryPair({ initiator: true })
    const all = [...feeds]
    this.cutNow = () => left.abort(new Error('cut'))
    this.ends = [endOf(a, left, all), endOf(b, right, all)]
    const sessions = this.ends.map(({ session }) => session)
    for (const session of sessions) {
      session.on('open', () => this.opened.add(session))
      session.on('close', () => {
        this.closed.add(session)
        this.break()
      })
    }
  }

  get isOpen(): boolean {
    return !this.broken && this.ends.every(({ session }) => session.isOpen)
  }

  /** The session of this member is not over. */
  isAlive(member: Member): boolean {
    const session = this.of(member)?.[0].session
    return session !== undefined && !this.closed.has(session)
  }

  /** Both ends take part, or are about to: neither has begun to leave. */
  get stands(): boolean {
    return !this.broken && this.ends.every(({ session }) => session.isOpen || !this.opened.has(session))
  }

  /** Of this session, the far end comes second. */
  from(session: Session): [End, End] | undefined {
    const [left, right] = this.ends
    if (left.session === session) return [left, right]
    return right.session === session ? [right, left] : undefined
  }

  of(member: Member): [End, End] | undefined {
    const end = this.ends.find((one) => one.member === member)
    return end && this.from(end.session)
  }

  /** Ends the connection: 0 cuts it, 1 and 2 say goodbye from one end. */
  end(how: number) {
    this.break()
    if (how === 0) this.cutNow()
    else this.ends[how === 1 ? 0 : 1].session.end()
  }

  break() {
    this.broken = true
  }
}

function endOf(member: Member, connection: unknown, feeds: Feed[]): End {
  const offered = new Map(
    feeds.filter((feed) => member.offers(feed)).map((feed) => [feed.hex, member.lengthOf(feed)]),
  )
  const first = new Set(offered.keys())
  const session = member.replicator.connect(connection)
  return { member, session, offered, first, takenBack: new Set(), heard: new Set(), told: new Map() }
}
