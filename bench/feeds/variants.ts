import { once } from 'node:events'

/** How many bytes went over the wire, in both directions. */
export interface Carried {
  wireBytes: number
  /** Holds on to everything, so that it counts as memory. */
  keep: unknown
  /** Both ends of the connection. */
  ends: { on(event: 'close', listener: () => void): unknown; destroy(): unknown }[]
}

/** Makes so many feeds of one block at one end, and replicates them to the other end over a pipe in this process. */
export type Variant = (feeds: number) => Promise<Carried>

// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 and multifeed 6 have no types of their own.
export type Untyped = any

/** hypercore 9 and hypercore-protocol 8 as npm gives them, the keys known beforehand: no negotiation at all. */
const stock: Variant = async (feeds) => {
  const { default: hypercore } = await import('hypercore')
  const { default: ram } = await import('random-access-memory')
  return handWired(hypercore, ram, feeds)
}

/** The engine that ships inside of replic8, wired by hand in the same way. */
const known: Variant = async (feeds) => {
  const { hypercore, memory } = await product()
  return handWired(hypercore, memory, feeds)
}

async function handWired(hypercore: Untyped, storage: Untyped, feeds: number): Promise<Carried> {
  const writers = await written(() => hypercore(storage), feeds)
  const readers = writers.map((core) => hypercore(storage, core.key))
  const arrived = allDownloaded(readers)
  const [near, far] = [replicateAll(writers, true), replicateAll(readers, false)]
  near.pipe(far).pipe(near)
  await arrived
  return { wireBytes: near.bytesSent + far.bytesSent, keep: [writers, readers], ends: [near, far] }
}

function replicateAll(cores: Untyped[], initiator: boolean): Untyped {
  const [first, ...rest] = cores
  const stream = first.replicate(initiator, { live: true })
  for (const core of rest) core.replicate(stream, { live: true })
  return stream
}

/** replic8: the other end knows no key, is offered all feeds, and takes them. */
const negotiated: Variant = async (feeds) => {
  const { hypercore, memory, replic8, randomKey } = await product()
  const writers = await written(() => hypercore(memory), feeds)
  const key = randomKey()
  const [near, far] = [replic8(key, { live: true }), replic8(key, { live: true })]
  const readers: Untyped[] = []
  far.on('advertise', (offer, accept) => {
    const cores = offer.keys.map((feed) => hypercore(memory, feed))
    readers.push(...cores)
    accept(null, cores)
  })
  near.pipe(far.stream)
  const { accepted } = near.share(writers)
  const reports = await Promise.all([near.synced(), far.synced(), accepted])
  if (reports.some((report) => ('feeds' in report ? report.feeds : report).length !== feeds))
    throw new Error('Not all feeds arrived.')
  return {
    wireBytes: near.stream.bytesSent + far.stream.bytesSent,
    keep: [writers, readers],
    ends: [near, far],
  }
}

/** multifeed 6 as npm gives it. */
const multifeed: Variant = async (feeds) => {
  const { default: create } = await import('multifeed')
  const { default: ram } = await import('random-access-memory')
  const [from, to] = [create(ram), create(ram)] as Untyped[]
  await Promise.all([from, to].map((feed) => new Promise<void>((resolve) => feed.ready(resolve))))
  for (let i = 0; i < feeds; i++) {
    const core = await called<Untyped>((done) => from.writer(`${i}`, done))
    await called((done) => core.append(block, done))
  }
  const readers: Untyped[] = []
  const arrived = new Promise<void>((resolve) => {
    let missing = feeds
    to.on('feed', (core: Untyped) => {
      readers.push(core)
      core.once('download', () => --missing === 0 && resolve())
    })
  })
  const [near, far] = [from.replicate(true, { live: true }), to.replicate(false, { live: true })]
  near.pipe(far).pipe(near)
  await arrived
  return { wireBytes: near.bytesSent + far.bytesSent, keep: [from, to], ends: [near, far] }
}

export const variants = { stock, multifeed, negotiated, known } satisfies Record<string, Variant>

export const block = Buffer.from('one block of one feed')

/** Writers of one block each; they are made side by side. */
async function written(create: () => Untyped, count: number): Promise<Untyped[]> {
  const cores = Array.from({ length: count }, create)
  await Promise.all(cores.map((core) => called((done) => core.append(block, done))))
  return cores
}

async function allDownloaded(cores: Untyped[]): Promise<void> {
  await Promise.all(cores.map((core) => once(core, 'download')))
}

function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}

/** What `npm run build` made: the gains are in what a user gets. */
function product() {
  return import('../../src/entry/index.node.ts')
}
