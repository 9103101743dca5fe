import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { FeedStore, memory, Replicator, topicOf } from '../../src/entry/index.node.ts'
import { acceptWebsocket } from '../../src/entry/websocket.ts'

export async function startBridge(rooms: string[]) {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  const byTopic = new Map<string, Replicator>()
  for (const room of rooms) {
    const replicator = new Replicator(room)
    replicator.use(new FeedStore(memory()))
    byTopic.set(topicOf(room).toString('hex'), replicator)
  }
  server.on('connection', async (socket) => {
    const { topic, connection } = await acceptWebsocket(socket)
    byTopic.get(Buffer.from(topic).toString('hex'))?.connect(connection)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, replicators: [...byTopic.values()] }
}
