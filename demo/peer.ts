import type { Session } from '../src/entry/index.ts'
import type { FeedHeader } from './header.ts'

/** How a peer is reached: without anybody between, by a server that passes the bytes on, or it is a server itself. */
export type Way = 'direct' | 'relay' | 'bridge'

/** The best first. */
const ways: Way[] = ['direct', 'bridge', 'relay']

const wayOf = ({ connectionKind }: Session): Way =>
  connectionKind === 'websocket' ? 'bridge' : connectionKind === 'relay' ? 'relay' : 'direct'

/** One other end of the room. It can have two sessions for a moment, while a better connection takes over. */
export class Peer {
  /** Its static Noise key. */
  readonly id: string
  /** What it offers, in each session and by key. */
  private readonly offers = new Map<Session, Map<string, FeedHeader>>()
  /** Of sessions that are over. */
  private readonly past = noTraffic()

  private readonly bridge: string

  constructor(id: string, bridge: string) {
    this.id = id
    this.bridge = bridge
  }

  get sessions(): Session[] {
    return [...this.offers.keys()]
  }

  /** The session by the best connection. */
  get session(): Session | undefined {
    return this.sessions.sort((a, b) => ways.indexOf(wayOf(a)) - ways.indexOf(wayOf(b)))[0]
  }

  get way(): Way {
    return this.session ? wayOf(this.session) : 'direct'
  }

  /** What it calls itself; a bridge is called by its address. */
  get name(): string {
    if (this.way === 'bridge') return this.bridge
    const name = (this.session?.remoteUserData as { name?: unknown } | null | undefined)?.name
    return typeof name === 'string' && name !== '' ? name.slice(0, 40) : 'Somebody'
  }

  /** What it offers, by key. */
  get offered(): Map<string, FeedHeader> {
    return new Map([...this.offers.values()].flatMap((offers) => [...offers]))
  }

  /** Of all its sessions. */
  get traffic() {
    const sum = { ...this.past, receivedPerSecond: 0, sentPerSecond: 0 }
    for (const { stats } of this.sessions) {
      addTraffic(sum, stats)
      sum.receivedPerSecond += stats.bytesPerSecond.received
      sum.sentPerSecond += stats.bytesPerSecond.sent
    }
    return sum
  }

  add(session: Session) {
    this.offers.set(session, new Map())
  }

  remove(session: Session) {
    addTraffic(this.past, session.stats)
    this.offers.delete(session)
  }

  /** It offers a feed, or says something else about it. */
  note(session: Session, key: string, header: FeedHeader) {
    this.offers.get(session)?.set(key, header)
  }

  /** It offers a feed no more. */
  forget(session: Session, key: string) {
    this.offers.get(session)?.delete(key)
  }
}

export type Traffic = Record<'bytesReceived' | 'bytesSent' | 'blocksReceived' | 'blocksSent', number>

export const noTraffic = (): Traffic => ({ bytesReceived: 0, bytesSent: 0, blocksReceived: 0, blocksSent: 0 })

export function addTraffic(sum: Traffic, more: Traffic) {
  for (const name of ['bytesReceived', 'bytesSent', 'blocksReceived', 'blocksSent'] as const)
    sum[name] += more[name]
}
