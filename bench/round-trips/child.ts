// A program: how many one-way flights it takes until the first block is at the other end, of each way to connect.
import { Flights } from './flights.ts'

// biome-ignore lint/suspicious/noExplicitAny: hypercore 9 has no types of its own.
type Untyped = any

// What `npm run build` made, in place of its source.
const { hypercore, memory, randomKey, replic8 } = await import('../../src/entry/index.node.ts')

const block = Buffer.from('one block of one feed')

async function written(): Promise<Untyped> {
  const core = hypercore(memory)
  await new Promise<void>((resolve, reject) =>
    core.append(block, (error: Error | null) => (error ? reject(error) : resolve())),
  )
  return core
}

/** Whether the block is there: hypercore has verified what it has. */
const arrives = (core: Untyped) => core.has(0)

/** @param writerBegins the end that has the block is the initiator */
async function handWired(writerBegins: boolean): Promise<number> {
  const writer = await written()
  const reader = hypercore(memory, writer.key)
  await new Promise((resolve) => reader.ready(resolve))
  const flights = new Flights(
    writer.replicate(writerBegins, { live: true }),
    reader.replicate(!writerBegins, { live: true }),
  )
  return flights.until(() => arrives(reader))
}

/** @param roles the ends are told which one begins, as hand-wired ones have to be, and as transports know */
async function negotiated(roles: boolean, offerer: boolean): Promise<number> {
  const key = randomKey()
  const options = (initiator: boolean) => ({ live: true, ...(roles ? { initiator } : {}) })
  const writer = await written()
  const [near, far] = [replic8(key, options(offerer)), replic8(key, options(!offerer))]
  const readers: Untyped[] = []
  far.on('advertise', ({ keys }, accept) => {
    readers.push(...keys.map((feed) => hypercore(memory, feed)))
    accept(null, readers)
  })
  near.share(writer)
  const flights = new Flights(near.stream as Untyped, far.stream as Untyped)
  const count = await flights.until(() => readers.some(arrives))
  near.destroy()
  return count
}

const figures = {
  known: await handWired(true),
  knownOtherBegins: await handWired(false),
  offererBegins: await negotiated(true, true),
  otherBegins: await negotiated(true, false),
  unsettled: await negotiated(false, true),
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit(0)
