import {
  type Accept,
  type Connection,
  type Extension,
  type Offer,
  type Replic8Error,
  replic8,
  type Session,
} from '../src/entry/index.ts'
import { type FeedHeader, readHeader } from './header.ts'
import type { Feed, Library } from './library.ts'

export interface PeerHooks {
  changed(): void
  /** Whether to take a feed that is not here yet. */
  wants(key: string): boolean
  /** A feed was taken from this peer: others may want it. */
  took(feed: Feed, from: Peer): void
  /** The peer offers something for the first time. */
  offers(header: FeedHeader, from: Peer): void
  opened(peer: Peer): void
  problem(error: Replic8Error, peer: Peer): void
  closed(peer: Peer, error: Error | undefined): void
}

let count = 0

/** One other tab: the session with it, what it offers, and what we offer to it. */
export class Peer {
  readonly id = ++count
  readonly session: Session
  /** What it offers, by key. */
  readonly offered = new Map<string, FeedHeader>()
  open = false
  private readonly library: Library
  private readonly hooks: PeerHooks
  private readonly shared = new Set<string>()
  private readonly again: Extension<string>

  constructor(room: string, name: string, connection: Connection, library: Library, hooks: PeerHooks) {
    this.library = library
    this.hooks = hooks
    const { initiator } = connection
    this.session = replic8(room, {
      live: true,
      userData: { name },
      ...(initiator === undefined ? {} : { initiator }),
    })
    this.session
      .on('open', () => this.onopen())
      .on('advertise', (offer, accept) => this.answer(offer, accept))
      .on('update', ({ key, header }) => this.note(key.toString('hex'), header))
      .on('withdraw', ({ key }) => this.forget(key.toString('hex')))
      .on('progress', () => hooks.changed())
      .on('sync', () => hooks.changed())
      .on('problem', (error) => hooks.problem(error, this))
      .on('close', (error) => hooks.closed(this, error))
    this.again = this.session.registerExtension<string>('offer-again', {
      encoding: 'json',
      onmessage: (key) => this.offerAgain(key),
    })
    this.share([...library.feeds.values()])
    this.session.pipe(connection)
  }

  /** What it calls itself. */
  get name(): string {
    const { remoteUserData } = this.session
    const name = (remoteUserData as { name?: unknown } | null)?.name
    return typeof name === 'string' && name !== '' ? name.slice(0, 40) : 'Somebody'
  }

  /** Offers feeds, but for those that it has offered itself. */
  share(feeds: Feed[]) {
    const news = feeds.filter(({ key }) => !this.offered.has(key) && !this.shared.has(key))
    if (news.length === 0) return
    for (const { key } of news) this.shared.add(key)
    this.session.share(
      news.map(({ core }) => core),
      news.map((feed) => this.library.headerOf(feed)),
    )
  }

  /** The header of a feed says something else now. */
  update(feed: Feed) {
    if (this.shared.has(feed.key)) this.session.update(feed.core, this.library.headerOf(feed))
  }

  /** Asks for an offer that was answered without taking it: now it is wanted. */
  askFor(key: string) {
    if (this.offered.has(key)) this.again.send(key)
  }

  private onopen() {
    this.open = true
    this.hooks.opened(this)
  }

  /**
   * Answers at once with what is wanted by now, so that no offer has to wait for a person. The others stay on the list;
   * for one that is wanted later, the peer is asked to offer it again.
   */
  private answer(offer: Offer, accept: Accept) {
    const taken: Feed[] = []
    for (const [i, key] of offer.keys.entries()) {
      const hex = key.toString('hex')
      const header = readHeader(offer.headers[i] ?? {})
      if (!header) continue
      const first = !this.offered.has(hex)
      this.offered.set(hex, header)
      const known = this.library.feeds.get(hex)
      if (known?.own) continue
      if (!known && first) this.hooks.offers(header, this)
      if (known) taken.push(known)
      else if (this.hooks.wants(hex)) taken.push(this.take(hex, header))
    }
    accept(
      null,
      taken.map(({ core }) => core),
    )
    this.hooks.changed()
  }

  private take(key: string, header: FeedHeader): Feed {
    const feed = this.library.take(key, header)
    this.hooks.took(feed, this)
    return feed
  }

  /** A message of the peer, so anything at all. */
  private offerAgain(key: unknown) {
    const feed = typeof key === 'string' ? this.library.feeds.get(key) : undefined
    if (feed && this.shared.has(feed.key)) this.session.share([feed.core], [this.library.headerOf(feed)])
  }

  private note(key: string, given: Parameters<typeof readHeader>[0]) {
    const header = readHeader(given)
    if (header) this.offered.set(key, header)
    this.hooks.changed()
  }

  private forget(key: string) {
    this.offered.delete(key)
    this.hooks.changed()
  }
}
