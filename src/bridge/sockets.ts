import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Connection } from '../connection.ts'
import { closeCodes, receive } from '../transports/websocket-hello.ts'
import type { WebSocketLike, WebSocketLink } from '../transports/websocket-link.ts'
import { clientAddress } from './addresses.ts'
import { Heartbeat } from './heartbeat.ts'
import type { BridgeLimits } from './limits.ts'
import type { BridgeObserver } from './observer.ts'
import { type AccessRules, isHostAllowed, isOriginAllowed } from './origins.ts'
import type { Quotas } from './quotas.ts'

/** Who takes a socket when it has said what it is about. */
export interface SocketOwners {
  /** false: the topic is not served here. */
  peer(topic: Uint8Array, connection: Connection): boolean
  signal(link: WebSocketLink, address: string): void
  relay(link: WebSocketLink, ticket: Uint8Array, address: string): void
}

export interface SocketsOptions {
  server: Server
  rules: AccessRules
  limits: BridgeLimits
  /** ms */
  heartbeat: number
  trustProxy: boolean
  observer: BridgeObserver
  owners: SocketOwners
  quotas: Quotas
}

/** Milliseconds that a socket that is turned away has to close. */
const patience = 2_000

/** Milliseconds of silence after which the operating system asks whether the other end is there. */
const keepAliveDelay = 60_000

/** Sockets above the limit that may be on their way out. */
const leaving = 256

/** The WebSockets of a bridge: lets in who may come, keeps them alive, and gives them to whom they are for. */
export class Sockets {
  private readonly options: SocketsOptions
  private readonly wss: WebSocketServer
  private readonly heartbeat: Heartbeat
  private isClosing = false

  constructor(options: SocketsOptions) {
    this.options = options
    const { messageBytes } = options.limits
    // Nobody sends larger ones; without a bound one message could fill the memory.
    const maxPayload = Math.min(Math.max(262_144, 2 * messageBytes), 64 * 1024 * 1024)
    this.wss = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false })
    this.heartbeat = new Heartbeat(options.heartbeat)
    options.server.on('upgrade', (request, wire, head) => this.upgrade(request, wire, head))
  }

  /** Sockets that are open. */
  get size(): number {
    return this.wss.clients.size
  }

  /** Takes nobody any more. */
  refuse() {
    this.isClosing = true
  }

  /** Closes what is open still; resolves when all are gone. */
  async close(): Promise<void> {
    this.refuse()
    const gone = [...this.wss.clients].map((socket) =>
      turnAway(socket, closeCodes.shutDown, 'The bridge shuts down.'),
    )
    await Promise.all(gone)
    this.heartbeat.close()
    this.wss.close()
  }

  private upgrade(request: IncomingMessage, wire: Duplex, head: Buffer) {
    const { rules, observer, trustProxy, limits } = this.options
    wire.on('error', () => {})
    // For what is not pinged because it is not read from.
    request.socket.setKeepAlive(true, keepAliveDelay)
    const address = clientAddress(request, trustProxy)
    const { host, origin } = request.headers
    if (this.isClosing) return answer(wire, '503 Service Unavailable')
    if (!isHostAllowed(host, rules)) {
      observer.refused('host', address)
      return answer(wire, '403 Forbidden')
    }
    if (!isOriginAllowed(origin, host, rules)) {
      observer.refused('origin', address)
      return answer(wire, '403 Forbidden')
    }
    // Those that are turned away take a moment to go.
    if (this.size >= limits.connections + leaving) {
      observer.refused('connections', address)
      return answer(wire, '503 Service Unavailable')
    }
    this.wss.handleUpgrade(request, wire, head, (socket) => this.admit(socket, wire, address))
  }

  private admit(socket: WebSocket, wire: Duplex, address: string) {
    // What a client does wrong on the level of WebSocket ends its socket; `ws` sees to that.
    socket.on('error', () => {})
    this.heartbeat.watch(socket, wire)
    const quota = this.options.quotas.address(address)
    const refused = quota.connect()
    if (refused) {
      quota.release()
      this.options.observer.refused(refused, address)
      void turnAway(socket, closeCodes.overLimit, 'Too many connections.')
      return
    }
    socket.once('close', () => {
      quota.disconnect()
      quota.release()
    })
    this.give(socket, address).catch(({ code }) => {
      // One that left without a word did nothing wrong.
      if (code !== 'ERR_CONNECTION') this.options.observer.refused('hello', address)
    })
  }

  private async give(socket: WebSocket, address: string) {
    const { owners, limits, observer } = this.options
    const helloTimeout = Math.min(limits.helloTimeout, 2 ** 31 - 1)
    const received = await receive(socket as WebSocketLike, { helloTimeout })
    if (this.isClosing) return turnAway(socket, closeCodes.shutDown, 'The bridge shuts down.')
    if (received.kind === 'signal') return owners.signal(received.link, address)
    if (received.kind === 'relay') return owners.relay(received.link, received.ticket, address)
    if (owners.peer(received.topic, received.connection)) return
    observer.refused('topic-not-served', address)
    return turnAway(socket, closeCodes.topicNotServed, 'Not served here.')
  }
}

/** Closes a socket with a code; drops it when its end does not answer. Resolves when it is gone. */
function turnAway(socket: WebSocket, code: number, reason: string): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), patience)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    // A socket that is held would not see the other end close; what comes until then would be kept by its link.
    socket.removeAllListeners('message')
    socket.resume()
    socket.close(code, reason)
  })
}

function answer(wire: Duplex, status: string) {
  wire.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  wire.once('finish', () => wire.destroy())
}
