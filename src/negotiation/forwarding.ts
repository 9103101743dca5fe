import type { HexKey, Namespace } from './events.ts'

/** One peer of many, by a number of the caller's. */
export type PeerId = number

/** What happens to a node that passes feeds on. */
export type ForwardingEvent =
  | { type: 'joined'; peer: PeerId }
  | { type: 'left'; peer: PeerId }
  /** We have feeds to offer: to one peer, or to all. `from`: the peer who gave them. */
  | { type: 'have'; namespace: Namespace; keys: HexKey[]; to?: PeerId; from?: PeerId }
  /** We offer these no more: to one peer, or to all. */
  | { type: 'lost'; namespace: Namespace; keys: HexKey[]; to?: PeerId }
  /** A peer offered us these: it need not hear of them from us. */
  | { type: 'heard'; peer: PeerId; namespace: Namespace; keys: HexKey[] }
  /** We declined what the peer offered: it may hear of it from us, when we come to share it. */
  | { type: 'declined'; peer: PeerId; namespace: Namespace; keys: HexKey[] }
  /** A peer wants to be offered these again; or what held them back from it is gone. */
  | { type: 'again'; peer: PeerId; namespace: Namespace; keys: HexKey[] }
  /** The window of a peer is over: what gathered in it goes out. */
  | { type: 'flush'; peer: PeerId }

export type ForwardingEffect =
  /**
   * Something gathers for this peer: send 'flush' after a short, jittered time. `quick`: at once, where nothing went to
   * the peer for as long.
   */
  | { type: 'open-window'; peer: PeerId; quick: boolean }
  | { type: 'offer'; peer: PeerId; namespace: Namespace; keys: HexKey[] }
  | { type: 'withdraw'; peer: PeerId; namespace: Namespace; keys: HexKey[] }

/** Feeds in a row that nobody repeated, after which this node is taken for the only way to those whom it tells. */
const fewest = 3

interface PeerState {
  /** Feeds that this peer knows of: from us, or from itself. */
  readonly seen: Map<Namespace, Map<HexKey, 'offered' | 'heard'>>
  /** What goes out with the next flush; true: also when the peer offers it meanwhile. */
  readonly waiting: Map<Namespace, Map<HexKey, boolean>>
  /** A flush is to come, even when nothing waits for it any more. */
  windowOpen: boolean
}

/**
 * Who is offered what, so that a feed goes to a peer once: pure, without a clock, so that thousands of nodes can be
 * simulated in one process. A feed that is passed on is not offered back to a peer that offered it. What we had when the
 * peer came, and what stores share with it, is: we may have more of it than the peer.
 */
export class Forwarding {
  private readonly peers = new Map<PeerId, PeerState>()
  /** Feeds for everybody, also for peers that join later. */
  private readonly common = new Map<Namespace, Set<HexKey>>()
  /** Feeds that were passed on since a peer offered one that was here. */
  private unrepeated = 0

  handle(event: ForwardingEvent): ForwardingEffect[] {
    switch (event.type) {
      case 'joined':
        return this.joined(event.peer)
      case 'left':
        this.peers.delete(event.peer)
        return []
      case 'have':
        return this.have(event.namespace, event.keys, event.to, event.from)
      case 'lost':
        return this.lost(event.namespace, event.keys, event.to)
      case 'heard':
        this.notice(event.namespace, event.keys)
        return this.heard(event.peer, event.namespace, event.keys)
      case 'declined':
        return this.declined(event.peer, event.namespace, event.keys)
      case 'again':
        return this.again(event.peer, event.namespace, event.keys)
      case 'flush':
        return this.flush(event.peer)
    }
  }

  private joined(peer: PeerId): ForwardingEffect[] {
    this.peers.set(peer, { seen: new Map(), waiting: new Map(), windowOpen: false })
    return [...this.common].flatMap(([namespace, keys]) => this.gather(peer, namespace, [...keys], true))
  }

  private have(namespace: Namespace, keys: HexKey[], to?: PeerId, from?: PeerId): ForwardingEffect[] {
    if (to !== undefined) return this.gather(to, namespace, keys, true)
    const common = setOf(this.common, namespace)
    // Where peers tell each other as well, all that pass a feed on at once tell each other twice.
    const quick = from === undefined || this.unrepeated >= fewest
    if (from !== undefined) {
      if (!keys.every((key) => common.has(key))) this.unrepeated++
      this.heard(from, namespace, keys)
    }
    for (const key of keys) common.add(key)
    return [...this.peers.keys()].flatMap((peer) => this.gather(peer, namespace, keys, false, quick))
  }

  /** A hub hears of each feed once: one that hears of it again is in a mesh. */
  private notice(namespace: Namespace, keys: HexKey[]) {
    const common = this.common.get(namespace)
    if (common && keys.some((key) => common.has(key))) this.unrepeated = 0
  }

  private gather(
    id: PeerId,
    namespace: Namespace,
    keys: HexKey[],
    due: boolean,
    quick = true,
  ): ForwardingEffect[] {
    const peer = this.peers.get(id)
    const seen = peer?.seen.get(namespace)
    const news = keys.filter((key) => (due ? seen?.get(key) !== 'offered' : !seen?.has(key)))
    if (!peer || news.length === 0) return []
    const waiting = mapOf(peer.waiting, namespace)
    for (const key of news) waiting.set(key, due || waiting.get(key) === true)
    if (peer.windowOpen) return []
    peer.windowOpen = true
    return [{ type: 'open-window', peer: id, quick }]
  }

  private lost(namespace: Namespace, keys: HexKey[], to?: PeerId): ForwardingEffect[] {
    if (to === undefined) for (const key of keys) this.common.get(namespace)?.delete(key)
    const peers = to === undefined ? [...this.peers.keys()] : [to]
    return peers.flatMap((id) => this.takeBack(id, namespace, keys))
  }

  private takeBack(id: PeerId, namespace: Namespace, keys: HexKey[]): ForwardingEffect[] {
    const peer = this.peers.get(id)
    const seen = peer?.seen.get(namespace)
    for (const key of keys) peer?.waiting.get(namespace)?.delete(key)
    const offered = keys.filter((key) => seen?.get(key) === 'offered')
    for (const key of offered) seen?.delete(key)
    return offered.length > 0 ? [{ type: 'withdraw', peer: id, namespace, keys: offered }] : []
  }

  private heard(id: PeerId, namespace: Namespace, keys: HexKey[]): ForwardingEffect[] {
    const peer = this.peers.get(id)
    if (!peer) return []
    const seen = mapOf(peer.seen, namespace)
    for (const key of keys) {
      if (!seen.has(key)) seen.set(key, 'heard')
      const waiting = peer.waiting.get(namespace)
      if (waiting?.get(key) === false) waiting.delete(key)
    }
    return []
  }

  private declined(id: PeerId, namespace: Namespace, keys: HexKey[]): ForwardingEffect[] {
    const seen = this.peers.get(id)?.seen.get(namespace)
    for (const key of keys) if (seen?.get(key) === 'heard') seen.delete(key)
    return []
  }

  private again(id: PeerId, namespace: Namespace, keys: HexKey[]): ForwardingEffect[] {
    const seen = this.peers.get(id)?.seen.get(namespace)
    const offered = keys.filter((key) => seen?.get(key) === 'offered')
    for (const key of offered) seen?.delete(key)
    return this.gather(id, namespace, offered, true)
  }

  private flush(id: PeerId): ForwardingEffect[] {
    const peer = this.peers.get(id)
    if (!peer) return []
    peer.windowOpen = false
    const effects: ForwardingEffect[] = []
    for (const [namespace, waiting] of peer.waiting) {
      if (waiting.size === 0) continue
      const keys = [...waiting.keys()]
      const seen = mapOf(peer.seen, namespace)
      for (const key of keys) seen.set(key, 'offered')
      effects.push({ type: 'offer', peer: id, namespace, keys })
    }
    peer.waiting.clear()
    return effects
  }
}

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const set = map.get(key) ?? new Set()
  map.set(key, set)
  return set
}

function mapOf<K, A, B>(map: Map<K, Map<A, B>>, key: K): Map<A, B> {
  const inner = map.get(key) ?? new Map()
  map.set(key, inner)
  return inner
}
