import { describe, expect, test } from 'vitest'
import { seeded } from '../../bench/simulation/random.ts'
import type { HexKey } from '../../src/negotiation/events.ts'
import { Forwarding, type ForwardingEffect } from '../../src/negotiation/forwarding.ts'

const namespace = null
const offer = (peer: number, keys: HexKey[]): ForwardingEffect => ({ type: 'offer', peer, namespace, keys })
const withdraw = (peer: number, keys: HexKey[]): ForwardingEffect => ({
  type: 'withdraw',
  peer,
  namespace,
  keys,
})
const openWindow = (peer: number): ForwardingEffect => ({ type: 'open-window', peer, quick: true })
/** For what is passed on. */
const openLater = (peer: number): ForwardingEffect => ({ type: 'open-window', peer, quick: false })

/** A node with these peers. */
function node(...peers: number[]): Forwarding {
  const forwarding = new Forwarding()
  for (const peer of peers) forwarding.handle({ type: 'joined', peer })
  return forwarding
}

const have = (keys: HexKey[], more: { to?: number; from?: number } = {}) =>
  ({ type: 'have', namespace, keys, ...more }) as const
const flush = (peer: number) => ({ type: 'flush', peer }) as const
const again = (peer: number, keys: HexKey[]) => ({ type: 'again', peer, namespace, keys }) as const
const heard = (peer: number, keys: HexKey[]) => ({ type: 'heard', peer, namespace, keys }) as const

describe('offers', () => {
  test('of what a peer offered and we declined go out when we come to share it', () => {
    const forwarding = node(1)
    forwarding.handle(heard(1, ['a', 'b']))
    forwarding.handle({ type: 'declined', peer: 1, namespace, keys: ['b'] })
    expect(forwarding.handle(have(['a', 'b']))).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['b'])])
  })

  test('gather in a window for each peer, and go out once', () => {
    const forwarding = node(1, 2)
    expect(forwarding.handle(have(['a']))).toEqual([openWindow(1), openWindow(2)])
    expect(forwarding.handle(have(['b', 'a']))).toEqual([])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a', 'b'])])
    expect(forwarding.handle(flush(1))).toEqual([])
    expect(forwarding.handle(have(['a', 'b']))).toEqual([])
    expect(forwarding.handle(flush(2))).toEqual([offer(2, ['a', 'b'])])
  })

  test('go to a peer that joins later, and again to one that comes back', () => {
    const forwarding = node()
    expect(forwarding.handle(have(['a']))).toEqual([])
    expect(forwarding.handle({ type: 'joined', peer: 1 })).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a'])])
    forwarding.handle({ type: 'left', peer: 1 })
    expect(forwarding.handle(have(['b']))).toEqual([])
    expect(forwarding.handle({ type: 'joined', peer: 1 })).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a', 'b'])])
  })

  test('for one peer stay with that peer', () => {
    const forwarding = node(1, 2)
    expect(forwarding.handle(have(['a'], { to: 1 }))).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a'])])
    expect(forwarding.handle({ type: 'joined', peer: 3 })).toEqual([])
    expect(forwarding.handle(have(['a'], { to: 9 }))).toEqual([])
  })

  test('of one feed in two namespaces are two', () => {
    const forwarding = node(1)
    forwarding.handle(have(['a']))
    forwarding.handle({ type: 'have', namespace: 'x', keys: ['a'] })
    expect(forwarding.handle(flush(1))).toEqual([
      offer(1, ['a']),
      { type: 'offer', peer: 1, namespace: 'x', keys: ['a'] },
    ])
  })

  test('go neither to the peer that gave the feed, nor to one that offers it while ours waits', () => {
    const forwarding = node(1, 2, 3)
    expect(forwarding.handle(have(['a'], { from: 1 }))).toEqual([openLater(2), openLater(3)])
    forwarding.handle(heard(2, ['a']))
    expect(forwarding.handle(flush(2))).toEqual([])
    expect(forwarding.handle(flush(3))).toEqual([offer(3, ['a'])])
  })

  test('go to a peer once more when it asks for them', () => {
    const forwarding = node(1)
    forwarding.handle(have(['a', 'b']))
    forwarding.handle(flush(1))
    forwarding.handle(heard(1, ['c']))
    expect(forwarding.handle(again(1, ['a', 'c', 'never']))).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a'])])
  })

  test('for a peer that left are forgotten, whatever comes late', () => {
    const forwarding = node(1)
    forwarding.handle(have(['a']))
    forwarding.handle({ type: 'left', peer: 1 })
    const late = [flush(1), heard(1, ['a']), again(1, ['a'])]
    for (const event of late) expect(forwarding.handle(event)).toEqual([])
  })
})

describe('feeds that are lost', () => {
  test('are withdrawn where they were offered, and leave the windows', () => {
    const forwarding = node(1, 2, 3)
    forwarding.handle(have(['a', 'b']))
    forwarding.handle(flush(1))
    forwarding.handle(heard(3, ['a']))
    expect(forwarding.handle({ type: 'lost', namespace, keys: ['a'] })).toEqual([withdraw(1, ['a'])])
    expect(forwarding.handle(flush(2))).toEqual([offer(2, ['b'])])
    expect(forwarding.handle({ type: 'joined', peer: 4 })).toEqual([openWindow(4)])
    expect(forwarding.handle(flush(4))).toEqual([offer(4, ['b'])])
  })

  test('for one peer are withdrawn there alone', () => {
    const forwarding = node(1, 2)
    forwarding.handle(have(['a']))
    forwarding.handle(flush(1))
    forwarding.handle(flush(2))
    expect(forwarding.handle({ type: 'lost', namespace, keys: ['a'], to: 2 })).toEqual([withdraw(2, ['a'])])
    expect(forwarding.handle({ type: 'lost', namespace, keys: ['a'], to: 2 })).toEqual([])
  })

  test('are offered anew when they are there again', () => {
    const forwarding = node(1)
    forwarding.handle(have(['a']))
    forwarding.handle(flush(1))
    forwarding.handle({ type: 'lost', namespace, keys: ['a'] })
    expect(forwarding.handle(have(['a']))).toEqual([openWindow(1)])
    expect(forwarding.handle(flush(1))).toEqual([offer(1, ['a'])])
  })

  test('were offered by both sides: withdrawn all the same', () => {
    const forwarding = node(1)
    forwarding.handle(have(['a']))
    forwarding.handle(flush(1))
    forwarding.handle(heard(1, ['a']))
    expect(forwarding.handle({ type: 'lost', namespace, keys: ['a'] })).toEqual([withdraw(1, ['a'])])
  })
})

test('a peer has one window at a time, also when what waited in it was heard or lost', () => {
  const forwarding = node(1)
  forwarding.handle(have(['a', 'b']))
  forwarding.handle(heard(1, ['a']))
  forwarding.handle({ type: 'lost', namespace, keys: ['b'] })
  expect(forwarding.handle(have(['c']))).toEqual([])
  expect(forwarding.handle(flush(1))).toEqual([offer(1, ['c'])])
  expect(forwarding.handle(have(['d']))).toEqual([openWindow(1)])
})

test('a node that hears of each feed once passes on at once what comes later; one that hears again gathers', () => {
  const hub = node(1, 2)
  const pass = (key: string) => {
    const effects = hub.handle(have([key], { from: 1 }))
    hub.handle(flush(2))
    return effects
  }
  for (const key of ['a', 'b', 'c']) expect(pass(key)).toEqual([openLater(2)])
  expect(pass('d')).toEqual([openWindow(2)])
  hub.handle(heard(2, ['a']))
  expect(pass('e')).toEqual([openLater(2)])
})

/**
 * Nodes of which each is linked with every other, on a clock of its own: messages and windows take milliseconds, and
 * quick windows none.
 */
class Mesh {
  readonly nodes: Forwarding[]
  offers: [from: number, to: number][] = []
  readonly knowing = new Set<number>()
  readonly #random: () => number
  readonly #window: number
  readonly #latency: number
  readonly #queue: { at: number; run: () => void }[] = []
  #now = 0
  #feed = ''

  constructor(size: number, options: { window: number; latency: number; seed: number }) {
    this.#random = seeded(options.seed)
    this.#window = options.window
    this.#latency = options.latency
    const others = (n: number) => Array.from({ length: size }, (_, i) => i).filter((i) => i !== n)
    this.nodes = Array.from({ length: size }, (_, n) => node(...others(n)))
  }

  /** Gives one node a new feed, and runs until nothing happens any more. */
  spread(from: number): void {
    this.#feed = `feed ${this.#now}`
    this.offers = []
    this.knowing.clear()
    this.knowing.add(from)
    this.#handle(from, have([this.#feed]))
    for (let next = this.#first(); next; next = this.#first()) {
      this.#now = next.at
      next.run()
    }
  }

  #first() {
    this.#queue.sort((a, b) => a.at - b.at)
    return this.#queue.shift()
  }

  #handle(n: number, event: Parameters<Forwarding['handle']>[0]): void {
    for (const effect of this.nodes[n]?.handle(event) ?? []) {
      const { peer } = effect
      if (effect.type === 'open-window') {
        const window = effect.quick ? 0 : this.#window * (0.5 + this.#random() / 2)
        this.#after(window, () => this.#handle(n, flush(peer)))
      } else {
        this.offers.push([n, peer])
        this.#after(this.#latency * (0.5 + this.#random()), () => this.#take(peer, n))
      }
    }
  }

  /** An offer arrives, and is taken. */
  #take(n: number, from: number): void {
    this.knowing.add(n)
    this.#handle(n, heard(from, [this.#feed]))
    this.#handle(n, have([this.#feed], { from }))
  }

  #after(delay: number, run: () => void): void {
    this.#queue.push({ at: this.#now + delay, run })
  }
}

test('a new feed in a full mesh of 8 takes at most one offer for each pair, and 8 that cross', () => {
  const size = 8
  const pairs = (size * (size - 1)) / 2
  for (let seed = 0; seed < 100; seed++) {
    const mesh = new Mesh(size, { window: 40, latency: 1, seed })
    for (let feed = 0; feed < 5; feed++) {
      mesh.spread((seed + feed) % size)
      expect(mesh.knowing.size).toBe(size)
      expect(mesh.offers.length).toBeGreaterThanOrEqual(size - 1)
      expect(mesh.offers.length, `seed ${seed}`).toBeLessThanOrEqual(pairs + size)
      expect(new Set(mesh.offers.map(String)).size, 'offers that were made twice').toBe(mesh.offers.length)
    }
  }
})

test('everybody hears of a feed whatever the latency, at most twice on each link', () => {
  for (const latency of [0, 10, 40, 200]) {
    for (let seed = 0; seed < 20; seed++) {
      const mesh = new Mesh(8, { window: 40, latency, seed })
      mesh.spread(0)
      expect(mesh.knowing.size).toBe(8)
      expect(mesh.offers.length).toBeLessThanOrEqual(8 * 7)
    }
  }
})
