import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type End, MeshNetwork } from './mesh-network.ts'

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

const endsOf = (network: MeshNetwork) => [...network.ends.values()]

function expectNoneOver(network: MeshNetwork, spare: number): void {
  for (const end of endsOf(network)) {
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

test('the graph is connected and none has too many, whoever comes and goes and however long messages take', () => {
  const happening = fc.record({
    comes: fc.boolean(),
    which: fc.nat(),
    maxPeers: fc.integer({ min: 2, max: 8 }),
    messages: fc.nat(200),
  })
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), fc.integer(), (happenings, seed) => {
      const random = chance(seed)
      const network = new MeshNetwork(random)
      const check = () => expectNoneOver(network, 1)
      for (const { comes, which, maxPeers, messages } of happenings) {
        const ids = [...network.ends.keys()]
        if ((comes || ids.length < 3) && ids.length < 40) network.come(newId(random), maxPeers)
        else network.go(ids[which % ids.length] as string)
        for (let i = 0; i < messages && network.step(); i++) check()
      }
      network.settle(check)
      expectSettled(network)
    }),
    { numRuns: Number(process.env.RUNS ?? 150) },
  )
})

test('one who comes or goes changes a few connections', () => {
  let mostCome = 0,
    mostGo = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 3, max: 40 }),
      fc.integer(),
      (maxPeers, size, seed) => {
        const random = chance(seed)
        const network = new MeshNetwork(random)
        for (let i = 0; i < size; i++) network.come(newId(random), maxPeers)
        network.settle()
        network.changes.clear()
        network.come(newId(random), maxPeers)
        network.settle()
        mostCome = Math.max(mostCome, network.changes.size - maxPeers)
        network.changes.clear()
        const ids = [...network.ends.keys()]
        network.go(ids[Math.floor(random() * ids.length)] as string)
        network.settle()
        mostGo = Math.max(mostGo, network.changes.size - maxPeers)
        expectSettled(network)
      },
    ),
  )
  console.log({ mostCome, mostGo })
})

function grown(size: number, maxPeers: number, oneByOne: boolean): MeshNetwork {
  const random = chance(size)
  const network = new MeshNetwork(random)
  for (let i = 0; i < size; i++) {
    network.come(newId(random), maxPeers)
    if (oneByOne) network.settle()
  }
  network.settle()
  return network
}

test.each([
  [12, 4],
  [12, 8],
  [500, 3],
  [500, 4],
  [500, 8],
])('%i ends with %i places', (size, maxPeers) => {
  for (const oneByOne of [true, false]) {
    const start = performance.now()
    const network = grown(size, maxPeers, oneByOne)
    expectSettled(network)
    const far = [...network.ends.keys()].map((id) => network.furthest(id))
    const links = endsOf(network).reduce((sum: number, end: End) => sum + end.open.length, 0) / 2
    console.log(
      size,
      maxPeers,
      oneByOne,
      'diameter',
      Math.max(...far),
      'links',
      links,
      Math.round(performance.now() - start),
      'ms',
    )
  }
})
