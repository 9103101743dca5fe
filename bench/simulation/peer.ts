import type { Effect, FeedLengths, HexKey, NegotiationEvent } from '../../src/negotiation/events.ts'
import { Forwarding, type ForwardingEffect, type ForwardingEvent } from '../../src/negotiation/forwarding.ts'
import { Negotiation } from '../../src/negotiation/negotiation.ts'
import type { ControlMessage, HelloMessage, PeerLimits } from '../../src/wire/messages.ts'

/** What a session takes by default, as far as this is about offers. */
const limits: PeerLimits = {
  feedsPerPage: 1_024,
  pageBytes: 1_048_576,
  headerBytes: 4_096,
  headerDepth: 8,
  offersOutstanding: 64,
  controlPerSecond: 1_000,
}
const hello: HelloMessage = {
  type: 'hello',
  version: 1,
  live: true,
  remembers: false,
  limits,
  userData: null,
}
const header = { type: 'hypercore' }
const lengths = [1]

/** What a peer does to the network around it. */
export interface Surroundings {
  send(link: number, message: ControlMessage): void
  openWindow(link: number): void
  /** Feeds were offered to it, of which it knew some already. */
  offered(feeds: number, known: number): void
  /** It took a feed that it did not know. */
  took(key: HexKey): void
}

/**
 * One peer: its decisions about whom to offer what, and what it agreed on over each link. It takes all it is offered,
 * as a Replicator with a FeedStore does, and has every block at once.
 */
export class SimulatedPeer {
  readonly known = new Set<HexKey>()
  readonly links = new Map<number, Negotiation>()
  readonly #forwarding = new Forwarding()
  readonly #around: Surroundings
  #shares = 0
  /** Downloads that are complete, to be told together. */
  #complete: FeedLengths[] = []

  constructor(around: Surroundings) {
    this.#around = around
  }

  join(link: number): void {
    this.links.set(link, new Negotiation({ live: true, limits }))
    this.#around.send(link, hello)
    this.#forward({ type: 'joined', peer: link })
    // As the Replicator does: whoever comes new gets all of it at once.
    this.flush(link)
  }

  leave(link: number): void {
    this.links.delete(link)
    this.#forward({ type: 'left', peer: link })
  }

  /** It has feeds of its own. */
  publish(keys: HexKey[]): void {
    for (const key of keys) this.known.add(key)
    this.#forward({ type: 'have', namespace: null, keys })
  }

  /** The window of a link is over. */
  flush(link: number): void {
    this.#forward({ type: 'flush', peer: link })
  }

  hear(link: number, message: ControlMessage): void {
    this.#tell(link, { type: 'message', message })
    const feeds = this.#complete
    if (feeds.length === 0) return
    this.#complete = []
    this.#tell(link, { type: 'downloaded', feeds })
  }

  #forward(event: ForwardingEvent): void {
    for (const effect of this.#forwarding.handle(event)) this.#obey(effect)
  }

  #obey(effect: ForwardingEffect): void {
    if (effect.type === 'open-window') this.#around.openWindow(effect.peer)
    if (effect.type !== 'offer') return
    const { peer: link, namespace, keys } = effect
    const negotiation = this.links.get(link)
    const share = this.#shares++
    this.#run(link, negotiation?.handle({ type: 'share', share, namespace, keys }) ?? [])
    const feeds = keys.map((key) => ({ key, header, lengths }))
    this.#run(link, negotiation?.handle({ type: 'ready', share, feeds }) ?? [])
  }

  #run(link: number, effects: Effect[]): void {
    for (const effect of effects) this.#carryOut(link, effect)
  }

  #carryOut(link: number, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#around.send(link, effect.message)
        return
      case 'advertise':
        this.#answer(link, effect)
        return
      case 'agreed':
        if (effect.direction === 'in') this.#take(link, effect.key)
        return
      case 'target':
        this.#complete.push({ key: effect.key, lengths: effect.lengths })
        return
      case 'violation':
      case 'problem':
        throw new Error(effect.detail)
    }
  }

  #answer(link: number, { first, namespace, keys }: Extract<Effect, { type: 'advertise' }>): void {
    this.#around.offered(keys.length, keys.filter((key) => this.known.has(key)).length)
    this.#forward({ type: 'heard', peer: link, namespace, keys })
    this.#tell(link, { type: 'answer', first, accepted: keys.map(() => true), reason: 'declined' })
  }

  #take(link: number, key: HexKey): void {
    if (!this.known.has(key)) {
      this.known.add(key)
      this.#around.took(key)
    }
    this.#forward({ type: 'have', namespace: null, keys: [key], from: link })
  }

  #tell(link: number, event: NegotiationEvent): void {
    this.#run(link, this.links.get(link)?.handle(event) ?? [])
  }
}
