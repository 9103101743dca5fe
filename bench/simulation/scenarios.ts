import { eccentricity, fullMesh, type Links, randomGraph } from './graph.ts'
import { heapBytes } from './memory.ts'
import { below, type Random, seeded } from './random.ts'
import { type Counters, keyOf, Swarm } from './swarm.ts'

/** Links of one peer in a random graph. */
const degrees = [4, 8] as const

export interface Spread extends Counters {
  peers: number
  links: number
  /** Rounds, at most, that offers gather in. */
  window: number
  /** Links that are between the peer with the feed and the farthest, when it is published. */
  farthest: number
  /** Rounds until the last peer had the feed. */
  rounds: number
  /** Rounds until nothing was under way. */
  quietAfter: number
  /** Peers that never got it. */
  missed: number
  /** Links cut, and as many made anew, while it spread. */
  churned: number
}

export interface SpreadOptions {
  peers: number
  window: number
  seed: number
  /** The part of the links that is replaced in each round. Default 0. */
  churn?: number
  mesh?: boolean
}

/** One peer publishes one feed in a swarm that has come to rest. */
export function spreadOne({ peers, window, seed, churn = 0, mesh = false }: SpreadOptions): Spread {
  const random = seeded(seed)
  const links = mesh ? fullMesh(peers) : randomGraph(random, peers, ...degrees)
  const swarm = new Swarm({ peers, links, window, random })
  swarm.settle()
  swarm.resetCounters()
  const start = below(random, peers)
  const key = keyOf(0)
  const first = swarm.round
  swarm.peers[start]?.publish([key])
  let rounds = 0
  let churned = 0
  const quietAfter = swarm.settle(() => {
    if (swarm.counters.taken === peers - 1) rounds ||= swarm.round - first
    else churned += replaceLinks(swarm, random, churn * links.length)
  })
  const missed = peers - swarm.knowing(key)
  const farthest = eccentricity(peers, links, start)
  return {
    peers,
    links: links.length,
    window,
    farthest,
    rounds,
    quietAfter,
    missed,
    churned,
    ...swarm.counters,
  }
}

/** Cuts links, and gives one end of each a new one to anybody. */
function replaceLinks(swarm: Swarm, random: Random, count: number): number {
  const whole = Math.floor(count) + (random() < count % 1 ? 1 : 0)
  if (whole === 0) return 0
  const open = swarm.openLinks
  for (let i = 0; i < whole; i++) {
    const id = takeOut(open, below(random, open.length))
    if (id === undefined) return i
    const [left, right] = swarm.cut(id)
    const from = random() < 0.5 ? left : right
    const to = below(random, swarm.peers.length)
    if (from !== to) swarm.link(from, to)
  }
  return whole
}

/** Takes one out of a list whose order means nothing. */
function takeOut(list: number[], index: number): number | undefined {
  const one = list[index]
  const last = list.pop()
  if (index < list.length) list[index] = last as number
  return one
}

export interface Footprint {
  peers: number
  links: number
  feeds: number
  /** Bytes of heap that a peer takes which is linked and knows of nothing. */
  idleBytes: number
  /** Bytes of heap for each feed on each end of a link. */
  feedBytes: number
  /** Bytes of control messages for each feed that went over a link, both directions together. */
  wireBytes: number
}

/** Every peer publishes as many feeds, and in the end everybody knows all: what that takes. */
export function manyFeeds({ peers, each, seed }: { peers: number; each: number; seed: number }): Footprint {
  const random = seeded(seed)
  const links: Links = randomGraph(random, peers, ...degrees)
  const before = heapBytes()
  const swarm = new Swarm({ peers, links, window: 4, random })
  swarm.settle()
  const idle = heapBytes()
  swarm.resetCounters()
  const feeds = peers * each
  for (const [n, peer] of swarm.peers.entries()) {
    peer.publish(Array.from({ length: each }, (_, i) => keyOf(n * each + i)))
  }
  swarm.settle()
  const full = heapBytes()
  const ends = 2 * links.length * feeds
  return {
    peers,
    links: links.length,
    feeds,
    idleBytes: (idle - before) / peers,
    feedBytes: (full - idle) / ends,
    wireBytes: swarm.counters.bytes / (links.length * feeds),
  }
}

export interface JoinOptions {
  feeds: number
  links: number
  /** It comes back, and knows the feeds as well. */
  knows?: boolean
}

/** A peer is linked to others that all know the same feeds. */
export function joinLate({ feeds, links, knows = false }: JoinOptions): Counters & { rounds: number } {
  const random = seeded(1)
  const swarm = new Swarm({ peers: links + 1, links: [], window: 4, random })
  const keys = Array.from({ length: feeds }, (_, n) => keyOf(n))
  for (const [n, peer] of swarm.peers.entries()) if (n > 0 || knows) peer.publish(keys)
  for (let n = 1; n <= links; n++) swarm.link(0, n)
  return { rounds: swarm.settle(), ...swarm.counters }
}
