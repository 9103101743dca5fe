import { isFree, type MeshPeer, newMeshPeer, type Place } from './mesh-peer.ts'
import { MeshRing } from './mesh-ring.ts'

/**
 * What is to be done for the mesh. `ask`: say to the peer that there is a place for it. `dial`: make an offer.
 * `drop`: give up what has not connected yet. `retire`: let go of the connection. In the last two the peer is told.
 */
export interface MeshStep {
  do: 'ask' | 'dial' | 'drop' | 'retire'
  id: string
}

/** More peers than this are not kept in mind: their number is what a signal says it is. */
const mostPeers = 1_024
/** Where so many in a row had no place, it is for those who get one to ask: it costs the signal's server less. */
const mostRefusals = 32

/**
 * Whom one end of a topic is connected with, so that the graph of all of them stays in one piece and its ways are short
 * while none has more than `maxPeers` connections. Pure: it is told what happened, and says what to do.
 *
 * All ids in their order make a ring. Each end holds on to its two neighbours there, which keeps the graph connected,
 * and for them it lets go of another connection: once the neighbour is connected, so that no moment is without either.
 * The other places are for whoever else has one free, chosen as if by chance: a ring with random links across has
 * a diameter that grows with the logarithm of its size (Bollobás and Chung, "The diameter of a cycle plus a random
 * matching", 1988). Nobody is let go of for such a link, so that one who comes or goes moves a few links and no more.
 * With one place there is no ring, and the graph falls into pairs.
 */
export class Mesh {
  readonly #id: string
  readonly #maxPeers: number
  readonly #peers = new Map<string, MeshPeer>()
  readonly #ring: MeshRing
  /** Places that are not free. */
  #taken = 0
  /** How many said that they have no place, since a connection came or went. */
  #refusals = 0
  /** The neighbour that connected last: what it came between is let go of. */
  #newcomer: string

  constructor(id: string, maxPeers: number) {
    this.#id = id
    this.#maxPeers = maxPeers
    this.#ring = new MeshRing(id)
    this.#newcomer = id
  }

  /** The signal shows a peer, perhaps anew. */
  see(id: string): void {
    const peer = this.#note(id)
    if (!peer) return
    peer.seen = true
    if (peer.place === 'none') peer.refused = false
  }

  /** The signal lost sight of a peer: what has not connected yet is given up. */
  lose(id: string): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    peer.seen = false
    if (peer.place === 'asking' || peer.place === 'calling') this.#put(peer, 'none')
    this.#forgetUnless(id, peer)
  }

  /**
   * The peer says that it has a place. What to do: `dial` it, answer that there is one (`ask`) or none (`full`), nothing,
   * or find out why: it does not have the connection (`lost`) that stands here.
   */
  asked(id: string): 'dial' | 'ask' | 'full' | 'lost' | undefined {
    const peer = this.#note(id)
    if (!peer) return 'full'
    const { place } = peer
    if (place === 'calling') return undefined
    if (place === 'open' && !peer.refused) return 'lost'
    if (place === 'open' || place === 'leaving' || !this.#hasPlace(id, peer)) return this.#refuse(peer)
    const calls = this.#id < id
    peer.owed = peer.refused = false
    this.#put(peer, 'calling')
    if (calls) return 'dial'
    return place === 'none' ? 'ask' : undefined
  }

  /** The peer offers a connection, or one by relay came: may it be taken? */
  offered(id: string): boolean {
    const peer = this.#note(id)
    if (!peer) return false
    if (peer.place === 'calling' || peer.place === 'open') return true
    if (peer.place === 'leaving' || !this.#hasPlace(id, peer)) {
      this.#refuse(peer)
      return false
    }
    peer.owed = peer.refused = false
    this.#put(peer, 'calling')
    return true
  }

  /** The peer says that it has no place for this end, or none any more. */
  refused(id: string): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    peer.refused = true
    this.#refusals++
    if (peer.place === 'asking' || peer.place === 'calling') this.#put(peer, 'none')
  }

  /** The peer is connected. */
  opened(id: string): void {
    const peer = this.#note(id)
    if (!peer || peer.place === 'leaving') return
    peer.owed = peer.refused = false
    this.#refusals = 0
    this.#put(peer, 'open')
    if (this.#neighbours().includes(id)) this.#newcomer = id
  }

  /** The peer did not answer, or could not be connected with. */
  failed(id: string): void {
    this.#release(id, true)
  }

  /** It is to be tried again. */
  retry(id: string): void {
    const peer = this.#peers.get(id)
    if (peer?.seen) peer.aside = false
  }

  /** The connection is over because the network dropped it. */
  lost(id: string): void {
    this.#release(id, false)
  }

  /** The connection is over because one of the ends closed it. */
  closed(id: string): void {
    const peer = this.#peers.get(id)
    // To make a place for another is no sign that this peer is not wanted.
    this.#release(id, !(peer?.place === 'leaving' || peer?.refused))
  }

  /** The next thing to do, which counts as begun; undefined when all is as it should be. */
  next(): MeshStep | undefined {
    const neighbours = this.#neighbours()
    if (this.#taken > this.#maxPeers) return this.#makeRoom(neighbours)
    for (const id of neighbours) {
      const peer = this.#peers.get(id) as MeshPeer
      if (isFree(peer)) return this.#call(id, peer, true)
    }
    if (this.#taken === this.#maxPeers) return undefined
    const id = this.#choose()
    return id === undefined ? undefined : this.#call(id, this.#peers.get(id) as MeshPeer, false)
  }

  /** One more than allowed: a neighbour is coming in, or somebody is on the way out, or somebody has to go. */
  #makeRoom(neighbours: readonly string[]): MeshStep | undefined {
    let worst: string | undefined
    let worstRank = Number.POSITIVE_INFINITY
    let waits = false
    for (const [id, { place }] of this.#peers) {
      if (place === 'none') continue
      const neighbour = neighbours.includes(id)
      if (place === 'leaving' || (neighbour && place !== 'open')) waits = true
      if (neighbour || place === 'leaving') continue
      const rank = this.#rank(id, place)
      if (rank >= worstRank) continue
      worstRank = rank
      worst = id
    }
    if (worst === undefined || (waits && worstRank >= 0)) return undefined
    const peer = this.#peers.get(worst) as MeshPeer
    const open = peer.place === 'open'
    peer.owed = true
    this.#put(peer, open ? 'leaving' : 'none')
    return { do: open ? 'retire' : 'drop', id: worst }
  }

  /** Both ends of a link that the newcomer bridges let go of that very link: one is lost instead of two. */
  #rank(id: string, place: Place): number {
    if (place === 'open') return this.#ring.distance(id, this.#newcomer)
    return place === 'asking' ? -2 : -1
  }

  /** Who was told before that there was no place, and then whoever has the least weight. */
  #choose(): string | undefined {
    let best: string | undefined
    let bestRank = Number.POSITIVE_INFINITY
    for (const [id, peer] of this.#peers) {
      const rank = peer.weight - (peer.owed ? 1 : 0)
      if (rank >= bestRank || !isFree(peer)) continue
      if (!peer.owed && this.#refusals >= mostRefusals) continue
      bestRank = rank
      best = id
    }
    return best
  }

  /** An offer costs much more than a question, so it is made where it is likely to be taken. */
  #call(id: string, peer: MeshPeer, neighbour: boolean): MeshStep {
    const dials = this.#id < id && (neighbour || this.#ring.size <= this.#maxPeers)
    peer.owed = peer.refused = false
    this.#put(peer, dials ? 'calling' : 'asking')
    return { do: dials ? 'dial' : 'ask', id }
  }

  /** One more than allowed may come in, if it is a neighbour, or instead of one that was asked and may have no place. */
  #hasPlace(id: string, peer: MeshPeer): boolean {
    if (peer.place !== 'none' || this.#taken < this.#maxPeers) return true
    if (this.#taken > this.#maxPeers) return false
    const neighbours = this.#neighbours()
    if (neighbours.includes(id)) return true
    for (const [other, { place }] of this.#peers) {
      if (place === 'asking' && !neighbours.includes(other)) return true
    }
    return false
  }

  #refuse(peer: MeshPeer): 'full' {
    peer.owed = true
    return 'full'
  }

  #neighbours(): string[] {
    if (this.#maxPeers < 2) return []
    return this.#ring.neighbours((id) => !this.#peers.get(id)?.aside)
  }

  /** What is known of a peer of which something was heard; undefined where that is not worth keeping. */
  #note(id: string): MeshPeer | undefined {
    let peer = this.#peers.get(id)
    if (!peer) {
      peer = newMeshPeer(this.#id, id)
      // Most have no place; one that has just come has.
      peer.owed = this.#refusals >= mostRefusals
      this.#peers.set(id, peer)
      this.#ring.add(id)
      if (this.#peers.size > mostPeers) this.#forgetFurthest()
    }
    peer.aside = false
    return this.#peers.get(id)
  }

  #forgetFurthest(): void {
    const id = this.#ring.furthest((other) => this.#peers.get(other)?.place === 'none')
    if (id === undefined) return
    this.#peers.delete(id)
    this.#ring.delete(id)
  }

  #release(id: string, aside: boolean): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    this.#refusals = 0
    this.#put(peer, 'none')
    peer.aside = aside
    this.#forgetUnless(id, peer)
  }

  #forgetUnless(id: string, { seen, place }: MeshPeer): void {
    if (seen || place !== 'none') return
    this.#peers.delete(id)
    this.#ring.delete(id)
  }

  #put(peer: MeshPeer, place: Place): void {
    if (peer.place === 'none' && place !== 'none') this.#taken++
    if (peer.place !== 'none' && place === 'none') this.#taken--
    peer.place = place
  }
}
