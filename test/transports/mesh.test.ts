import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Mesh } from '../../src/transports/mesh.ts'
import { MeshNetwork } from './mesh-network.ts'

/** Chance that can be repeated. Source: mulberry32, Tommy Ettinger, public domain. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function expectNoneOver(network: MeshNetwork, spare: number): void {
  for (const end of network.ends.values()) {
    if (end.calls.size > end.maxPeers + spare) throw new Error(`${end.calls.size} of ${end.maxPeers}`)
  }
}

/** What holds when nothing is under way any more. */
function expectSettled(network: MeshNetwork): void {
  expectNoneOver(network, 0)
  for (const [id, end] of network.ends) {
    expect(end.open.length).toBe(end.calls.size)
    for (const other of end.open) expect(network.ends.get(other)?.open).toContain(id)
  }
  const [first] = network.ends.keys()
  if (first !== undefined) expect(network.furthest(first)).toBeLessThan(Number.POSITIVE_INFINITY)
}

const newId = (random: () => number) =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')

/** Ends that came at once or one by one, and settled. */
function grown(size: number, maxPeers: number, random: () => number, oneByOne = false): MeshNetwork {
  const network = new MeshNetwork(random)
  for (let i = 0; i < size; i++) {
    network.come(newId(random), maxPeers)
    if (oneByOne) network.settle()
  }
  network.settle()
  return network
}

test('the graph is connected and none has too many, whoever comes, goes or crashes and however long messages take', () => {
  const happening = fc.record({
    what: fc.constantFrom('comes', 'comes', 'comes', 'comes', 'goes', 'crashes'),
    which: fc.nat(),
    maxPeers: fc.integer({ min: 2, max: 8 }),
    messages: fc.nat(200),
  })
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 120, size: 'max' }), fc.integer(), (happenings, seed) => {
      const random = chance(seed)
      const network = new MeshNetwork(random)
      const check = () => expectNoneOver(network, 1)
      for (const { what, which, maxPeers, messages } of happenings) {
        const ids = [...network.ends.keys()]
        if (what === 'comes' && ids.length < 40) network.come(newId(random), maxPeers)
        else if (ids.length > 0) network.go(ids[which % ids.length] as string, what === 'crashes')
        for (let i = 0; i < messages && network.step(); i++) check()
      }
      network.settle(check)
      expectSettled(network)
    }),
    { numRuns: 200 },
  )
})

test('one who comes or goes changes a few connections', () => {
  const maxPeers = fc.integer({ min: 2, max: 8 })
  fc.assert(
    fc.property(maxPeers, fc.integer({ min: 3, max: 40 }), fc.integer(), (maxPeers, size, seed) => {
      const random = chance(seed)
      const network = grown(size, maxPeers, random)
      // Its own, and those that make room for it or take the place of what it leaves.
      const most = 2 * maxPeers + 4
      network.changes.clear()
      network.come(newId(random), maxPeers)
      network.settle()
      expect(network.changes.size).toBeLessThanOrEqual(most)
      network.changes.clear()
      const ids = [...network.ends.keys()]
      network.go(ids[Math.floor(random() * ids.length)] as string)
      network.settle()
      expect(network.changes.size).toBeLessThanOrEqual(most)
      expectSettled(network)
    }),
  )
})

test.each([
  [12, 3, 'at once', 5],
  [12, 3, 'one by one', 5],
  [12, 8, 'at once', 2],
  [12, 8, 'one by one', 2],
  [500, 8, 'one by one', 8],
])(
  'of %i ends with %i places that come %s none is more than %i hops away',
  (size, maxPeers, how, most) => {
    const network = grown(size, maxPeers, chance(size), how === 'one by one')
    expectSettled(network)
    for (const id of network.ends.keys()) expect(network.furthest(id)).toBeLessThanOrEqual(most)
  },
  120_000,
)

test('everybody is connected with everybody where there are places for all', () => {
  const network = grown(9, 8, chance(1))
  expect([...network.ends.values()].map(({ open }) => open.length)).toEqual(Array(9).fill(8))
})

test('an end with one place takes whoever has one, and lets go of nobody', () => {
  const network = grown(6, 1, chance(1))
  expect([...network.ends.values()].map(({ open }) => open.length)).toEqual(Array(6).fill(1))
  network.changes.clear()
  network.come('7', 1)
  network.settle()
  expect(network.changes.size).toBe(0)
})

test('of more peers than can be kept in mind the neighbours are kept', () => {
  const random = chance(3)
  const mesh = new Mesh('8', 2)
  const others = Array.from({ length: 5_000 }, () => newId(random)).filter((id) => id !== '8')
  for (const id of others) mesh.see(id)
  const sorted = [...others, '8'].sort()
  const at = sorted.indexOf('8')
  const steps = [mesh.next(), mesh.next(), mesh.next()]
  expect(steps).toEqual([{ do: 'dial', id: sorted[at + 1] }, { do: 'ask', id: sorted[at - 1] }, undefined])
})

test('a connection that is let go of is not asked for again by its other end, until there is a place', () => {
  const mesh = new Mesh('a', 2)
  for (const id of ['b', 'c']) mesh.see(id)
  while (mesh.next());
  for (const id of ['b', 'c']) mesh.opened(id)
  mesh.refused('b')
  mesh.closed('b')
  expect(mesh.next()).toBeUndefined()
  expect(mesh.asked('b')).toBe('dial')
})

test('a connection that an end closed on purpose is not made again until the peer shows up anew', () => {
  const mesh = new Mesh('a', 2)
  mesh.see('b')
  expect(mesh.next()).toEqual({ do: 'dial', id: 'b' })
  mesh.opened('b')
  mesh.closed('b')
  expect(mesh.next()).toBeUndefined()
  mesh.see('b')
  expect(mesh.next()).toEqual({ do: 'dial', id: 'b' })
})
