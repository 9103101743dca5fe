import { type Connection, type Replic8Error, topicOf } from '../src/entry/index.ts'
import { tabs } from '../src/entry/tabs.ts'
import type { FeedHeader } from './header.ts'
import type { Feed, Library } from './library.ts'
import { Peer, type PeerHooks } from './peer.ts'

/** A feed that peers offer and that is not here. */
export interface Offered {
  key: string
  header: FeedHeader
  /** Who offers it. */
  from: Peer[]
}

interface NetworkHooks {
  changed(): void
  /** Something happened that the person should hear of. */
  said(text: string): void
  problem(what: string, error: unknown): void
}

/** All other tabs of the room: a session with each. */
export class Network {
  readonly peers: Peer[] = []
  private readonly room: string
  private readonly name: string
  private readonly library: Library
  private readonly hooks: NetworkHooks
  private readonly transport = tabs({ name: 'replic8-demo', maxPeers: 32 })

  constructor(room: string, name: string, library: Library, hooks: NetworkHooks) {
    this.room = room
    this.name = name
    this.library = library
    this.hooks = hooks
  }

  start() {
    this.transport.start({
      topic: topicOf(this.room),
      publicKey: this.library.key,
      onconnection: (connection) => this.meet(connection),
      onproblem: (error) => this.hooks.problem('Another tab could not be reached.', error),
    })
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

  /** Offers a feed to everybody. */
  share(feed: Feed) {
    for (const peer of this.peers) peer.share([feed])
  }

  /** A feed is longer than it was. */
  update(feed: Feed) {
    for (const peer of this.peers) peer.update(feed)
  }

  /** The person wants this feed. */
  accept({ key, header, from }: Offered) {
    const feed = this.library.take(key, header)
    for (const peer of from) peer.askFor(key)
    this.share(feed)
  }

  private meet(connection: Connection) {
    const peer = new Peer(this.room, this.name, connection, this.library, this.peerHooks)
    this.peers.push(peer)
    this.hooks.changed()
  }

  private readonly peerHooks: PeerHooks = {
    changed: () => this.hooks.changed(),
    wants: (key) => this.library.acceptAll && !this.library.isDeclined(key),
    took: (feed, from) => {
      for (const peer of this.peers) if (peer !== from) peer.share([feed])
    },
    offers: (header, from) => {
      const what = header.kind === 'file' ? header.name : `the messages of ${header.name}`
      this.hooks.said(`${from.name} offers ${what}.`)
    },
    opened: (peer) => {
      this.hooks.said(`${peer.name} is here.`)
      this.hooks.changed()
    },
    problem: (error, peer) => this.hooks.problem(`Trouble with ${peer.name}.`, error),
    closed: (peer, error) => {
      this.peers.splice(this.peers.indexOf(peer), 1)
      if (peer.open) this.hooks.said(`${peer.name} has left.`)
      if (error && !isDeparture(error)) {
        this.hooks.problem(
          `The connection with ${peer.name} is lost. Reload this page to connect again.`,
          error,
        )
      }
      this.hooks.changed()
    },
  }
}

/** A tab that is closed says no goodbye. */
function isDeparture(error: Error): boolean {
  const { code } = error as Replic8Error
  return code === 'ERR_TRUNCATED' || code === 'ERR_CONNECTION' || code === 'ERR_STREAM'
}
