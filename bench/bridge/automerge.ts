import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type DocHandle, Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { WebSocketServer } from 'ws'
import { serveSystem } from './program.ts'
import type { Peer, Server } from './system.ts'

interface Log {
  entries: Uint8Array[]
}

/** A repo without storage that gives documents to those who ask, as automerge-repo-sync-server makes it. */
async function startServer(): Promise<Server> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  new Repo({ network: [new WebSocketServerAdapter(server)], sharePolicy: async () => false })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A log is a document with one list; a room is who follows it. */
async function join(url: string): Promise<Peer> {
  const repo = new Repo({ network: [new WebSocketClientAdapter(url)] })
  await new Promise<void>((resolve) => repo.networkSubsystem.on('peer', resolve))
  const logs = new Map<string, DocHandle<Log>>()
  let own: DocHandle<Log>
  return {
    async publish(first) {
      own = repo.create<Log>({ entries: [first] })
      return own.url
    },
    append: (entry) => own.change((doc) => doc.entries.push(entry)),
    async follow(log, onlength) {
      // It may be asked for before the server has it, and comes then.
      const handle = await repo.find<Log>(log, { allowableStates: ['ready', 'unavailable'] })
      await handle.whenReady()
      logs.set(log, handle)
      onlength(handle.doc().entries.length)
      handle.on('change', () => onlength(handle.doc().entries.length))
    },
    read: async (log, index) => logs.get(log)?.doc().entries[index] as Uint8Array,
  }
}

serveSystem({ startServer, join })
