/** The end in Node of a transfer to a page: it has a core, and a server that the page dials. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import hypercoreOfNpm from 'hypercore'
import Protocol from 'hypercore-protocol'
import ram from 'random-access-memory'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { hypercore, memory, Replicator, type Session } from '../../src/entry/index.node.ts'
import { acceptWebsocket } from '../../src/entry/websocket.ts'
import { serve } from '../harness/serve.ts'
import { now } from './pages/serve.ts'
import { type BenchCore, fill, type Size } from './pages/transfer.ts'

interface End {
  url: string
  /** This end, too, has seen that the connection stands. */
  connected(): Promise<unknown>
  /** Replication begins. */
  share(): void
}

let core: BenchCore
let end: End

serve({
  /** Gives the key and the URL. */
  async write(system: 'replic8' | 'stock', size: Size, encryptionKey: string) {
    core = system === 'stock' ? hypercoreOfNpm(ram) : (hypercore(memory) as unknown as BenchCore)
    await new Promise((done) => core.ready(done))
    await fill(core, size, (bytes) => Buffer.from(bytes.buffer))
    end = await (system === 'stock' ? stock() : replic8(encryptionKey))
    return { key: Buffer.from(core.key).toString('hex'), url: end.url }
  },

  async share() {
    await end.connected()
    const at = now()
    end.share()
    return at
  },
})

async function replic8(key: string): Promise<End> {
  const replicator = new Replicator(key)
  const met = new Promise<Session>((resolve) => replicator.once('session', resolve))
  const server = await listen()
  server.on('connection', async (socket: WebSocket) => {
    const { connection } = await acceptWebsocket(socket)
    replicator.connect(connection)
  })
  return {
    url: urlOf(server),
    connected: async () => (await met).opened,
    share: () => {
      for (const session of replicator.sessions) session.share([core as never])
    },
  }
}

/** A plain duplex over one socket, with hypercore-protocol piped into it. */
async function stock(): Promise<End> {
  const server = await listen()
  const protocol = new Protocol(false, { live: true })
  server.on('connection', (socket: WebSocket) => {
    const stream = createWebSocketStream(socket)
    stream.pipe(protocol).pipe(stream)
  })
  return {
    url: urlOf(server),
    connected: async () => {},
    share: () =>
      void (core as unknown as { replicate(...args: unknown[]): void }).replicate(protocol, { live: true }),
  }
}

async function listen(): Promise<WebSocketServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  return server
}

const urlOf = (server: WebSocketServer) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
