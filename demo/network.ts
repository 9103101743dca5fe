import { type Offer, type Replic8Error, Replicator, type Session } from '../src/entry/index.ts'
import { type FeedHeader, readHeader } from './header.ts'
import type { Feed, Library } from './library.ts'
import { addTraffic, noTraffic, Peer, type Traffic, type Way } from './peer.ts'
import { transportsOf } from './transports.ts'

/** A feed that peers offer and that is not here. */
export interface Offered {
  key: string
  header: FeedHeader
  /** Who offers it. */
  from: Peer[]
}

interface Me {
  /** The encryption key, 64 hex digits. */
  room: string
  name: string
  /** The URLs of bridges of one network, of which it uses one at a time. */
  bridges: string[]
}

/** `refused`: it helps the peers of this room to meet, and is none of them itself. */
export type BridgeState = 'none' | 'unknown' | 'here' | 'refused' | 'unreachable'

interface NetworkHooks {
  changed(): void
  /** Something happened that the person should hear of. */
  said(text: string): void
  problem(what: string, error: unknown): void
}

/** The other ends of the room, and what they offer. */
export class Network {
  private readonly bridges: string[]
  private bridgeState: BridgeState
  private readonly library: Library
  private readonly hooks: NetworkHooks
  private readonly replicator: Replicator
  private readonly byKey = new Map<string, Peer>()
  /** With peers that have left. */
  private readonly past = noTraffic()

  constructor({ room, name, bridges }: Me, library: Library, hooks: NetworkHooks) {
    this.bridges = bridges
    this.bridgeState = bridges.length > 0 ? 'unknown' : 'none'
    this.library = library
    this.hooks = hooks
    this.replicator = new Replicator(room, { userData: { name } })
    this.replicator.use(library)
    this.listen()
  }

  /** Meets the others. */
  start() {
    const unreachable = () => this.noteBridge('unreachable')
    const transports = transportsOf(this.bridges, { unreachable, problem: this.hooks.problem })
    for (const transport of transports) this.replicator.join(transport)
  }

  /** How it stands with the bridge, and what it is called. */
  get bridge(): { name: string; state: BridgeState } {
    const isHere = this.peers.some(({ way }) => way === 'bridge')
    return {
      name: this.bridges.map((url) => new URL(url).host).join(' or '),
      state: isHere ? 'here' : this.bridgeState,
    }
  }

  get peers(): Peer[] {
    return [...this.byKey.values()]
  }

  /** With everybody, those who have left too. */
  get traffic(): Traffic {
    const sum = { ...this.past }
    for (const { traffic } of this.peers) addTraffic(sum, traffic)
    return sum
  }

  /** What is offered and not here, each feed once. */
  get offered(): Offered[] {
    const offered = new Map<string, Offered>()
    for (const peer of this.peers) {
      for (const [key, header] of peer.offered) {
        if (this.library.feeds.has(key)) continue
        const known = offered.get(key)
        if (known) known.from.push(peer)
        else offered.set(key, { key, header, from: [peer] })
      }
    }
    return [...offered.values()]
  }

  /** A feed is longer than it was: its header says so. */
  update(feed: Feed) {
    for (const session of this.replicator.sessions) session.update(feed.core, this.library.headerOf(feed))
  }

  /** The person wants these feeds. */
  accept(offers: Offered[]) {
    for (const { key, header } of offers) this.library.take(key, header)
    // What was declined is looked at again when a store comes or goes, and there is no other way to ask for that.
    this.replicator.use({ name: 'decision', reject: () => false }).unmount()
  }

  private listen() {
    const { replicator, hooks } = this
    replicator
      .on('session', (session) => this.opened(session))
      .on('advertise', (offer, _accept, session) => this.noted(offer, session))
      .on('update', ({ key, header }, session) => {
        const read = readHeader(header)
        if (read) this.peerOf(session).note(session, key.toString('hex'), read)
        hooks.changed()
      })
      .on('withdraw', ({ key }, session) => {
        this.peerOf(session).forget(session, key.toString('hex'))
        hooks.changed()
      })
      .on('progress', () => hooks.changed())
      .on('sync', () => hooks.changed())
      .on('problem', (error, _where, session) => {
        if (session) hooks.problem(`Trouble with ${this.peerOf(session).name}.`, error)
        else if (error.code.startsWith('ERR_STORE_')) hooks.problem('A feed could not be handled.', error)
        else hooks.problem('Another end of this room could not be reached.', error)
      })
      .on('close', (error, session) => this.closed(session, error))
  }

  private peerOf({ remotePublicKey }: Session): Peer {
    const id = remotePublicKey?.toString('hex') ?? ''
    return this.byKey.get(id) ?? new Peer(id, this.bridge.name)
  }

  private opened(session: Session) {
    const peer = this.peerOf(session)
    const before = this.byKey.has(peer.id) ? peer.way : null
    this.byKey.set(peer.id, peer)
    peer.add(session)
    if (!before) this.hooks.said(`${peer.name} is here.`)
    this.switched(peer, before)
  }

  private noteBridge(state: BridgeState) {
    this.bridgeState = state
    this.hooks.changed()
  }

  private switched(peer: Peer, before: Way | null) {
    if (before && before !== peer.way)
      this.hooks.said(`${peer.name} is reached ${peer.way === 'relay' ? 'through a relay' : 'directly'} now.`)
    this.hooks.changed()
  }

  /** Offers stay on the list, whatever the library answers: a person decides when it suits them. */
  private noted({ keys, headers }: Offer, session: Session) {
    const { library, hooks } = this
    const peer = this.peerOf(session)
    for (const [i, key] of keys.entries()) {
      const hex = key.toString('hex')
      const header = readHeader(headers[i] ?? {})
      if (!header) continue
      const isNew = !library.feeds.has(hex) && !peer.offered.has(hex)
      peer.note(session, hex, header)
      const what = header.kind === 'file' ? header.name : `the messages of ${header.name}`
      if (isNew) hooks.said(`${peer.name} offers ${what}.`)
    }
    hooks.changed()
  }

  private closed(session: Session, error: Error | undefined) {
    if (isRefusal(error)) this.noteBridge('refused')
    const peer = this.peerOf(session)
    const { name, way } = peer
    peer.remove(session)
    if (peer.sessions.length > 0) return this.switched(peer, way)
    if (this.byKey.delete(peer.id)) {
      addTraffic(this.past, peer.traffic)
      this.hooks.said(`${name} has left.`)
    }
    if (error && !isDeparture(error)) this.hooks.problem(`The connection with ${name} is lost.`, error)
    this.hooks.changed()
  }
}

/** An end that is closed, or lost, says no goodbye. */
function isDeparture(error: Error): boolean {
  const { code } = error as Replic8Error
  return code === 'ERR_TRUNCATED' || code === 'ERR_CONNECTION' || code === 'ERR_STREAM'
}

/** A bridge that is not given this key says so by the code with which it closes the socket. */
function isRefusal(error: Error | undefined): boolean {
  return (error?.cause as Replic8Error | undefined)?.reason?.code === '4404'
}
