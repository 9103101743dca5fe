import { WebSocket } from 'ws'
import { createBridge } from '../../src/entry/bridge.ts'
import { type Core, FeedStore, type Hypercore, memory, Replicator } from '../../src/entry/index.node.ts'
import { websocket } from '../../src/entry/websocket.ts'
import { now } from '../harness/clock.ts'
import { serveSystem } from './program.ts'
import type { Peer, Server } from './system.ts'

/** All clients have one address here, which in life would be a few. */
const everybodyFromHere = { connectionsPerAddress: Infinity, dialsPerMinute: Infinity }

async function startServer(rooms: string[]): Promise<Server> {
  const bridge = await createBridge({ port: 0, storage: memory(), keys: rooms, limits: everybodyFromHere })
  let held = 0
  let waiting: { logs: number; resolve(at: number): void } | undefined
  const count = () => {
    if (++held === waiting?.logs) waiting.resolve(now())
  }
  for (const replicator of bridge.replicators) {
    replicator.on('core', async (core) => {
      // A bridge keeps its feeds in a FeedStore, whose stand-ins for cores can be opened.
      const feed = await (core as Core & { open(): Promise<Hypercore> }).open()
      if (feed.has(0)) count()
      else feed.once('download', count)
    })
  }
  return {
    url: bridge.url,
    held: (logs) =>
      new Promise((resolve) => {
        if (held >= logs) resolve(now())
        else waiting = { logs, resolve }
      }),
  }
}

async function join(url: string, room: string): Promise<Peer> {
  const replicator = new Replicator(room)
  const store = new FeedStore(memory())
  replicator.use(store)
  replicator.on('problem', (error) => console.error(error))
  const session = new Promise((resolve) => replicator.once('session', resolve))
  replicator.join(websocket(url, { WebSocket }))
  await session

  const taken = async (hex: string) => {
    if (!replicator.get(hex))
      await new Promise<void>((resolve) => {
        const look = (_: unknown, { key }: { key: Buffer }) => {
          if (key.toString('hex') !== hex) return
          replicator.off('core', look)
          resolve()
        }
        replicator.on('core', look)
      })
    const core = await store.get(hex)
    if (!core) throw new Error('A feed was taken and is not there.')
    return core
  }
  let own: Awaited<ReturnType<typeof store.writer>>
  return {
    async publish(first) {
      own = await store.writer('bench')
      own.append(first)
      return own.key.toString('hex')
    },
    append: (entry) => own.append(entry),
    async follow(log, onlength) {
      const core = await taken(log)
      let length = 0
      // Blocks may come in any order.
      const look = () => {
        const before = length
        while (core.has(length)) length++
        if (length > before) onlength(length)
      }
      core.on('download', look)
      look()
    },
    read: async (log, index) => {
      const core = await taken(log)
      return new Promise((resolve, reject) =>
        core.get(index, (err, block) => (err ? reject(err) : resolve(block as Buffer))),
      )
    },
  }
}

serveSystem({ startServer, join })
