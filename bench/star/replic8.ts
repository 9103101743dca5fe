import { FeedStore, memory, Replicator, randomKey } from '../../src/entry/index.node.ts'
import { duplexPair } from './duplex-pair.ts'
import { blocksOf, called, hasBlock, type MakeStar } from './network.ts'

/** A hub and leaves as an application makes them: a replicator with a store each, over a pipe in this process. */
export const replic8: MakeStar = async (count) => {
  const key = randomKey()
  const hub = node(key)
  const leaves = Array.from({ length: count }, () => node(key))
  const opened = leaves.map(({ replicator }) => {
    const [near, far] = duplexPair()
    hub.replicator.connect(near)
    return replicator.connect(far).opened
  })
  await Promise.all(opened)
  const [writer, ...others] = leaves as [Node, ...Node[]]
  let feeds = 0
  let cores: Awaited<ReturnType<typeof writer.store.writer>>[] = []
  return {
    async newFeed(block) {
      const taken = others.map(taking)
      const core = await writer.store.writer(`feed ${feeds++}`)
      await called((done) => core.append(block, done))
      const all = await Promise.all(
        taken.map(async (arrival) => {
          const copy = await arrival
          await hasBlock(copy, 0)
          return copy
        }),
      )
      cores = [core, ...all]
    },
    async append(block) {
      const [core, ...copies] = cores
      const index = core?.length ?? 0
      const arrived = copies.map((copy) => hasBlock(copy, index))
      core?.append(block)
      await Promise.all(arrived)
    },
    read: () => Promise.all(cores.map(blocksOf)),
  }
}

interface Node {
  replicator: Replicator
  store: FeedStore
}

function node(key: Buffer): Node {
  const replicator = new Replicator(key)
  const store = new FeedStore(memory())
  replicator.use(store)
  replicator.on('problem', (error) => console.error(error))
  return { replicator, store }
}

/** The next feed that a node takes. */
async function taking({ replicator, store }: Node) {
  const key = await new Promise<Buffer>((resolve) => replicator.once('core', (_, { key }) => resolve(key)))
  const core = await store.get(key)
  if (!core) throw new Error('A feed was taken and is not there.')
  return core
}
