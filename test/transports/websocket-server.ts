/** Servers of the package `ws` on loopback, at a free port. */
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { WebSocketLike } from '../../src/transports/websocket.ts'
import type { MeetingPlace } from './websocket-meeting.ts'

export interface TestServer {
  url: string
  port: number
  close(): Promise<void>
}

/** @param port 0: a free one */
export async function serveWebSockets(
  onsocket: (socket: WebSocket, path: string) => void,
  port = 0,
): Promise<TestServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port })
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  server.on('connection', (socket, request) => onsocket(socket, request.url ?? '/'))
  const address = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    close() {
      for (const socket of server.clients) socket.terminate()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A place in Node: the socket that takes the call is the server's own. */
export async function serveMeetings(): Promise<MeetingPlace & TestServer> {
  const waiting = new Map<string, (socket: WebSocketLike) => void>()
  const server = await serveWebSockets((socket, path) => {
    const take = waiting.get(path)
    waiting.delete(path)
    if (take) take(socket)
    else socket.close(4404, 'Nobody is here.')
  })
  let meetings = 0
  return {
    ...server,
    WebSocket,
    meet() {
      const path = `/${meetings++}`
      const socket = new Promise<WebSocketLike>((resolve) => waiting.set(path, resolve))
      return { url: server.url + path, socket }
    },
    vanish: (socket) => (socket as WebSocket).terminate(),
  }
}
