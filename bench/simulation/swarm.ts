import type { HexKey } from '../../src/negotiation/events.ts'
import { encodeMessage } from '../../src/wire/codec.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'
import type { Links } from './graph.ts'
import { SimulatedPeer } from './peer.ts'
import { below, type Random } from './random.ts'

export interface SwarmOptions {
  peers: number
  links: Links
  /** Rounds, at most, that offers gather in; each window takes half of that to all of it, by chance. 0: none. */
  window: number
  random: Random
}

/** What went on since the counters were set to zero. */
export interface Counters {
  messages: number
  /** Bytes of the control messages, without the frame and the seal of each. */
  bytes: number
  /** Feeds offered, once for each link and side. */
  offers: number
  /** Of these the ones that their receiver knew already. */
  duplicates: number
  /** Feeds that a peer did not know, and took. */
  taken: number
}

interface Link {
  readonly ends: readonly [number, number]
  open: boolean
}

const nothingYet = (): Counters => ({ messages: 0, bytes: 0, offers: 0, duplicates: 0, taken: 0 })

/** Simulated peers and the links between them. A message takes one round from one end of a link to the other. */
export class Swarm {
  readonly peers: SimulatedPeer[] = []
  counters = nothingYet()
  /** The number of the round that runs. */
  round = 0
  readonly #links: Link[] = []
  readonly #window: number
  readonly #random: Random
  #underWay: { link: number; to: number; message: ControlMessage }[] = []
  /** What ends its window in a round. */
  readonly #windows = new Map<number, { link: number; of: number }[]>()

  constructor({ peers, links, window, random }: SwarmOptions) {
    this.#window = window
    this.#random = random
    for (let n = 0; n < peers; n++) this.peers.push(new SimulatedPeer(this.#around(n)))
    for (const [a, b] of links) this.link(a, b)
  }

  get isQuiet(): boolean {
    return this.#underWay.length === 0 && this.#windows.size === 0
  }

  get openLinks(): number[] {
    return this.#links.flatMap(({ open }, id) => (open ? [id] : []))
  }

  link(a: number, b: number): void {
    const id = this.#links.push({ ends: [a, b], open: true }) - 1
    this.#peer(a).join(id)
    this.#peer(b).join(id)
  }

  /** Cuts a link; what is under way on it is lost. Gives its ends. */
  cut(id: number): readonly [number, number] {
    const link = this.#links[id] as Link
    link.open = false
    for (const end of link.ends) this.#peer(end).leave(id)
    return link.ends
  }

  /** Delivers what was sent in the round before, then ends the windows that are over. */
  step(): void {
    this.round++
    const arriving = this.#underWay
    this.#underWay = []
    for (const { link, to, message } of arriving) {
      if (this.#links[link]?.open) this.#peer(to).hear(link, message)
    }
    const over = this.#windows.get(this.round) ?? []
    this.#windows.delete(this.round)
    for (const { link, of } of over) if (this.#links[link]?.open) this.#peer(of).flush(link)
  }

  /** Runs until nothing is under way. Gives the number of rounds. */
  settle(each: () => void = () => {}): number {
    const start = this.round
    while (!this.isQuiet) {
      this.step()
      each()
    }
    return this.round - start
  }

  resetCounters(): void {
    this.counters = nothingYet()
  }

  /** How many peers know a feed. */
  knowing(key: HexKey): number {
    return this.peers.reduce((count, peer) => count + (peer.known.has(key) ? 1 : 0), 0)
  }

  #peer(n: number): SimulatedPeer {
    return this.peers[n] as SimulatedPeer
  }

  #around(n: number) {
    return {
      send: (link: number, message: ControlMessage) => {
        const [a, b] = (this.#links[link] as Link).ends
        this.counters.messages++
        this.counters.bytes += encodeMessage(message).length
        this.#underWay.push({ link, to: n === a ? b : a, message })
      },
      openWindow: (link: number) => {
        const half = Math.ceil(this.#window / 2)
        const due = this.round + Math.max(1, half + below(this.#random, this.#window - half + 1))
        const same = this.#windows.get(due)
        if (same) same.push({ link, of: n })
        else this.#windows.set(due, [{ link, of: n }])
      },
      offered: (feeds: number, known: number) => {
        this.counters.offers += feeds
        this.counters.duplicates += known
      },
      took: () => {
        this.counters.taken++
      },
    }
  }
}

/** The key of the n-th feed. */
export function keyOf(n: number): HexKey {
  return (n + 1).toString(16).padStart(64, '0')
}
