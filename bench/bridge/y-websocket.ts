import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { dirname, join as path } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import { Doc } from 'yjs'
import { serveSystem } from './program.ts'
import type { Peer, Server } from './system.ts'

/** The server program of y-websocket as it is; it persists nothing unless YPERSISTENCE says where. */
async function startServer(): Promise<Server> {
  const port = await freePort()
  process.env.HOST = '127.0.0.1'
  process.env.PORT = String(port)
  delete process.env.YPERSISTENCE
  const home = dirname(createRequire(import.meta.url).resolve('@y/websocket-server/package.json'))
  await import(pathToFileURL(path(home, 'src', 'server.js')).href)
  while (!(await answers(port))) await setTimeout(10)
  return { url: `ws://127.0.0.1:${port}` }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false))
  })
}

// Every provider listens for the end of the process; that is no leak.
process.setMaxListeners(0)

let peers = 0

/** A room is a document, a log an array in it. */
async function join(url: string, room: string): Promise<Peer> {
  const doc = new Doc()
  // All clients are in one process: without this they would get everything by BroadcastChannel.
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true })
  await new Promise<void>((resolve) => provider.once('sync', () => resolve()))
  const own = `peer ${peers++}`
  return {
    async publish(first) {
      doc.getArray(own).push([first])
      return own
    },
    append: (entry) => doc.getArray(own).push([entry]),
    async follow(log, onlength) {
      const array = doc.getArray(log)
      if (array.length > 0) onlength(array.length)
      array.observe(() => onlength(array.length))
    },
    read: async (log, index) => doc.getArray(log).get(index),
  }
}

serveSystem({ startServer, join })
