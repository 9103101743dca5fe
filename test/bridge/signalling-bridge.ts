/** The signalling and relaying half of a bridge, behind a real WebSocket server. */
import type { WebSocket } from 'ws'
import { type BridgeLimits, verifyLimits } from '../../src/bridge/limits.ts'
import { Quotas } from '../../src/bridge/quotas.ts'
import { RelayServer } from '../../src/bridge/relay/relay-server.ts'
import { SignalServer } from '../../src/bridge/signalling/signal-server.ts'
import { receive } from '../../src/transports/websocket-hello.ts'
import { serveWebSockets, type TestServer } from '../transports/websocket-server.ts'

export interface SignallingOptions {
  limits?: Partial<BridgeLimits>
  /** 0: a free one. */
  port?: number
  ticketTimeout?: number
}

export interface SignallingBridge extends TestServer {
  signals: SignalServer
  relays: RelayServer
  quotas: Quotas
  /** Why somebody was turned away, in order. */
  refused: string[]
  /** Bytes that relays carried. */
  relayed(): number
  /** In the order in which they came. */
  sockets: WebSocket[]
}

/** Sockets that dial `/192.0.2.1` count as that address's. */
export async function serveSignalling(options: SignallingOptions = {}): Promise<SignallingBridge> {
  const limits = verifyLimits(options.limits)
  const refused: string[] = []
  const sockets: WebSocket[] = []
  let bytes = 0
  const observer = {
    refused: (reason: string) => refused.push(reason),
    relayed: (more: number) => {
      bytes += more
    },
  }
  const quotas = new Quotas(limits)
  const { ticketTimeout = 10_000 } = options
  const relays = new RelayServer({ limits, observer, quotas, ticketTimeout })
  const signals = new SignalServer({ limits, observer, quotas, relays })
  const server = await serveWebSockets(async (socket, path) => {
    sockets.push(socket)
    const address = path.slice(1) || '127.0.0.1'
    const received = await receive(socket).catch(() => undefined)
    if (received?.kind === 'signal') signals.take(received.link, address)
    if (received?.kind === 'relay') relays.take(received.link, received.ticket, address)
    if (received?.kind === 'peer') received.connection.close()
  }, options.port)
  const close = async () => {
    signals.close()
    relays.close()
    await server.close()
  }
  return { ...server, close, signals, relays, quotas, refused, relayed: () => bytes, sockets }
}
