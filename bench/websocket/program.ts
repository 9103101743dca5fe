import { type Bridge, createBridge } from '../../src/entry/bridge.ts'
import {
  type Connection,
  type Hypercore,
  hypercore,
  memory,
  randomKey,
  replic8,
  type Session,
  topicOf,
} from '../../src/entry/index.node.ts'
import { websocket } from '../../src/entry/websocket.ts'
import { serve } from '../harness/serve.ts'

/** How a session and a bridge in the same process are joined. */
export type Link = 'pipe' | 'websocket'
/** Of a feed: the session takes it from the bridge, or gives it. */
export type Direction = 'download' | 'upload'

serve({
  /** Moves so many blocks. Gives the milliseconds from connecting until both ends know that all is there, and of CPU. */
  async run(link: Link, direction: Direction, blocks: number, bytes: number) {
    const key = randomKey()
    const bridge = await createBridge({ port: 0, storage: memory(), keys: [key] })
    const core = hypercore(memory)
    await called((done) =>
      core.append(
        Array.from({ length: blocks }, (_, i) => block(i, bytes)),
        done,
      ),
    )
    try {
      if (direction === 'upload') return await measured(() => transfer(bridge, key, link, giving(core)))
      await transfer(bridge, key, 'pipe', giving(core))
      const copy = hypercore(memory, core.key)
      const used = await measured(() => transfer(bridge, key, link, taking(copy)))
      await verify(copy, blocks, bytes)
      return used
    } finally {
      await bridge.close()
    }
  },
})

const giving = (core: Hypercore) => (session: Session) => void session.share([core])

const taking = (copy: Hypercore) => (session: Session) =>
  void session.on('*', 'advertise', (_, accept) => accept(null, [copy]))

/** Connects a session with the bridge, and ends it when everything is caught up. */
async function transfer(bridge: Bridge, key: Buffer, link: Link, use: (session: Session) => void) {
  const session = replic8(key, { live: true })
  use(session)
  const leave = link === 'pipe' ? pipe(bridge, session) : await dial(bridge, key, session)
  const { feeds } = await session.synced()
  if (feeds.length !== 1) throw new Error('There is one feed, and it was not caught up.')
  session.end()
  await session.closed
  await leave()
}

function pipe(bridge: Bridge, session: Session) {
  bridge.replicators[0]?.connect(session.stream)
  return () => {}
}

async function dial(bridge: Bridge, key: Buffer, session: Session) {
  const transport = websocket(bridge.url)
  await new Promise<void>((resolve, reject) => {
    const onconnection = (connection: Connection) => {
      session.pipe(connection)
      resolve()
    }
    void transport.start({
      topic: topicOf(key),
      publicKey: session.publicKey as Buffer,
      onconnection,
      onproblem: reject,
    })
  })
  return () => transport.stop()
}

async function measured(job: () => Promise<void>) {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  await job()
  const ms = performance.now() - wall
  const { user, system } = process.cpuUsage(cpu)
  return { wall: ms, cpu: (user + system) / 1_000 }
}

/** Each block is another one. */
function block(index: number, bytes: number): Buffer {
  const block = Buffer.alloc(bytes, `block ${index} `)
  block.writeUInt32LE(index)
  return block
}

async function verify(core: Hypercore, blocks: number, bytes: number) {
  for (let i = 0; i < blocks; i++) {
    const got = await called<Buffer>((done) => core.get(i, done))
    if (!got.equals(block(i, bytes))) throw new Error(`Block ${i} arrived as something else.`)
  }
}

function called<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error ? reject(error) : resolve(value as T))),
  )
}
