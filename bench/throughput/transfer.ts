import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import * as product from '../../src/entry/index.node.ts'
import { delayedLink } from './link.ts'

/** One feed that goes from one end to the other. */
export interface Transfer {
  blocks: number
  /** Of each block. */
  bytes: number
  /** Milliseconds; 0: a pipe. */
  roundTrip: number
}

/** What it took, from before the two ends connect until the other one has all. */
export interface Taken {
  wallMs: number
  cpuMs: number
}

export type SystemName = keyof typeof systems

// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 has no types of its own.
type Untyped = any

interface System {
  hypercore: Untyped
  storage: Untyped
  replicate(writer: Untyped, reader: Untyped, link: [Duplex, Duplex] | null): Promise<void>
}

/** hypercore 9 and hypercore-protocol 8 as npm gives them, the key known beforehand: no negotiation at all. */
async function stock(): Promise<System> {
  const { default: hypercore } = await import('hypercore')
  const { default: storage } = await import('random-access-memory')
  return {
    hypercore,
    storage,
    async replicate(writer, reader, link) {
      const arrived = new Promise<void>((resolve) => {
        let missing = writer.length
        reader.on('download', () => --missing === 0 && resolve())
      })
      const near = writer.replicate(true, { live: true })
      const far = reader.replicate(false, { live: true })
      if (!link) near.pipe(far).pipe(near)
      else {
        near.pipe(link[0]).pipe(near)
        far.pipe(link[1]).pipe(far)
      }
      await arrived
    },
  }
}

/** replic8: the feed is offered and taken, and the other end waits until it knows that it has caught up. */
async function replic8(): Promise<System> {
  const { hypercore, memory, replic8: session, randomKey } = product
  return {
    hypercore,
    storage: memory,
    async replicate(writer, reader, link) {
      const key = randomKey()
      const [near, far] = [session(key, { live: true }), session(key, { live: true })]
      far.on('advertise', (_, accept) => accept(null, [reader]))
      if (!link) near.pipe(far.stream)
      else {
        near.pipe(link[0])
        far.pipe(link[1])
      }
      near.share(writer)
      await far.synced()
    },
  }
}

const systems = { stock, replic8 }

export async function transfer(name: SystemName, { blocks, bytes, roundTrip }: Transfer): Promise<Taken> {
  const { hypercore, storage, replicate } = await systems[name]()
  const writer = hypercore(storage)
  const last = await write(writer, blocks, bytes)
  const reader = hypercore(storage, writer.key)
  await called((done) => reader.ready(done))
  globalThis.gc?.()
  const [wall, cpu] = [performance.now(), process.cpuUsage()]
  await replicate(writer, reader, roundTrip > 0 ? delayedLink(roundTrip) : null)
  const { user, system } = process.cpuUsage(cpu)
  const taken = { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 }
  const copy = await called<Buffer>((done) => reader.get(blocks - 1, { wait: false }, done))
  if (!copy.equals(last) || reader.downloaded(0, blocks) !== blocks) throw new Error('Not all has arrived.')
  return taken
}

/** Gives the last block. */
async function write(writer: Untyped, blocks: number, bytes: number): Promise<Buffer> {
  const together = Math.ceil(2 ** 20 / bytes)
  let batch: Buffer[] = []
  for (let written = 0; written < blocks; written += batch.length) {
    const count = Math.min(together, blocks - written)
    batch = Array.from({ length: count }, () => randomBytes(bytes))
    await called((done) => writer.append(batch, done))
  }
  return batch.at(-1) as Buffer
}

function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}
