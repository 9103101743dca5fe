import hypercore from 'hypercore'
import multifeed from 'multifeed'
import ram from 'random-access-memory'
import { duplexPair } from './duplex-pair.ts'
import { blocksOf, called, hasBlock, join, type MakeStar, type Untyped } from './network.ts'

/** multifeed 6 as npm gives it. */
export const multifeed6: MakeStar = async (count) => {
  const [hub, ...leaves] = await Promise.all(
    Array.from({ length: count + 1 }, async () => {
      const node: Untyped = multifeed(ram)
      await new Promise<void>((resolve) => node.ready(resolve))
      return node
    }),
  )
  const met = leaves.map((leaf) => {
    const [near, far] = [hub.replicate(true, { live: true }), leaf.replicate(false, { live: true })]
    pipe(near, far)
    return new Promise<void>((resolve) => far.once('remote-feeds', resolve))
  })
  await Promise.all(met)
  const [writer, ...others] = leaves
  let feeds = 0
  let cores: Untyped[] = []
  return {
    async newFeed(block) {
      const taken = others.map((other) => new Promise<Untyped>((resolve) => other.once('feed', resolve)))
      const core = await called<Untyped>((done) => writer.writer(`feed ${feeds++}`, done))
      await called((done) => core.append(block, done))
      const all = await Promise.all(
        taken.map(async (arrival) => {
          const copy = await arrival
          await new Promise((resolve) => copy.ready(resolve))
          await hasBlock(copy, 0)
          return copy
        }),
      )
      cores = [core, ...all]
    },
    append: (block) => append(cores, block),
    read: () => Promise.all(cores.map(blocksOf)),
  }
}

/** hypercore 9 over hypercore-protocol 8, one stream a leaf, the keys known beforehand: no negotiation at all. */
export const handWired: MakeStar = async (count) => {
  let cores: Untyped[] = []
  return {
    async newFeed(block) {
      const core: Untyped = hypercore(ram)
      await called((done) => core.append(block, done))
      const [hub, ...copies]: Untyped[] = Array.from({ length: count }, () => hypercore(ram, core.key))
      cores = [core, ...copies]
      await Promise.all([hub, ...copies].map((copy) => called((done) => copy.ready(done))))
      for (const leaf of cores) {
        pipe(hub.replicate(true, { live: true }), leaf.replicate(false, { live: true }))
      }
      await Promise.all(copies.map((copy) => hasBlock(copy, 0)))
    },
    append: (block) => append(cores, block),
    read: () => Promise.all(cores.map(blocksOf)),
  }
}

async function append([core, ...copies]: Untyped[], block: Uint8Array) {
  const index = core.length
  const arrived = copies.map((copy) => hasBlock(copy, index))
  core.append(block)
  await Promise.all(arrived)
}

/** Over the same pipe as replic8. */
function pipe(near: Untyped, far: Untyped) {
  const [a, b] = duplexPair()
  join(near, a)
  join(far, b)
}
