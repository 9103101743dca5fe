/** A relay for pages, which cannot listen: two sockets that dial one path are each other's far end. */

import type { TestProject } from 'vitest/node'
import type { RawData, WebSocket } from 'ws'
import { serveWebSockets } from './websocket-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of the relay. */
    websocketRelay: string
  }
}

type Waiting = { socket: WebSocket; early: [data: RawData, isBinary: boolean][] }

/** Runs while the tests of a project do. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const waiting = new Map<string, Waiting>()
  const relay = await serveWebSockets((socket, path) => {
    const other = waiting.get(path)
    waiting.delete(path)
    if (other) return join(other, socket)
    const early: Waiting['early'] = []
    waiting.set(path, { socket, early })
    socket.on('message', (data, isBinary) => early.push([data, isBinary]))
    socket.on('close', () => waiting.delete(path))
  })
  provide('websocketRelay', relay.url)
  return relay.close
}

function join({ socket, early }: Waiting, other: WebSocket): void {
  for (const [data, isBinary] of early) other.send(data, { binary: isBinary })
  socket.removeAllListeners()
  pass(socket, other)
  pass(other, socket)
}

function pass(from: WebSocket, to: WebSocket): void {
  from.on('message', (data, isBinary) => to.send(data, { binary: isBinary }))
  from.on('close', (code, reason) => {
    if (code === 1005 || code === 1006) to.terminate()
    else to.close(code, reason)
  })
}
