import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { acceptWebsocket, websocket } from '../../src/transports/websocket.ts'
import { append, blocks, writer } from '../helpers/cores.ts'
import { until } from '../helpers/sharing.ts'
import { replicator, sharing, taking } from './peers.ts'

async function listen(port = 0) {
  const server = new WebSocketServer({ port, host: '127.0.0.1' })
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

test('over websocket a replicator reconnects by itself when the server comes back, and goes on', async () => {
  const core = await writer(2)
  const far = replicator()
  far.use(sharing(core))
  const serve = ({ server }: { server: WebSocketServer }) =>
    server.on('connection', async (socket) => far.connect((await acceptWebsocket(socket)).connection))
  const first = await listen()
  serve(first)

  const near = replicator()
  const store = taking()
  near.use(store)
  near.join(websocket(`ws://127.0.0.1:${first.port}`, { WebSocket, minDelay: 5, maxDelay: 20 }))
  const copy = () => store.copies.get(core.key.toString('hex'))
  await until(() => copy()?.length === 2)

  for (const socket of first.server.clients) socket.terminate()
  await new Promise((resolve) => first.server.close(resolve))
  await until(() => near.sessions.length === 0)
  await append(core, 'while nobody listened')
  const second = await listen(first.port)
  serve(second)
  onTestFinished(() => void second.server.close())
  await until(() => copy()?.length === 3 && copy()?.has(2))
  expect(await blocks(copy())).toEqual(['block 0', 'block 1', 'while nobody listened'])
})
