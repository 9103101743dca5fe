/** Ends of relays, met through a real signalling server. */
import { WebSocket } from 'ws'
import type { Connection } from '../../src/connection.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import type { ConnectedPair, ConnectionFactory } from '../compliance/transport.ts'
import type { SignallingBridge } from './signalling-bridge.ts'

export interface RelayEnd {
  id: string
  connection: Connection
  /** The socket that it goes over. */
  socket: WebSocket
}

/** A relay of which the first end is the one that asked. */
export async function relayPair(url: string): Promise<{ ends: [RelayEnd, RelayEnd]; leave(): void }> {
  const topic = crypto.getRandomValues(new Uint8Array(32))
  const asker = joinOne(url, topic, 'asker')
  const other = joinOne(url, topic, 'other')
  await Promise.all([asker.met, other.met])
  asker.ask('other')
  const ends = await Promise.all([asker.relay, other.relay])
  return {
    ends,
    leave() {
      asker.leave()
      other.leave()
    },
  }
}

function joinOne(url: string, topic: Uint8Array, id: string) {
  const sockets: WebSocket[] = []
  class OwnSocket extends WebSocket {
    constructor(to: string) {
      super(to)
      sockets.push(this)
    }
  }
  let ask = (_to: string) => {}
  let leave = () => {}
  let seen = (_peer: string) => {}
  const met = new Promise<string>((resolve) => {
    seen = resolve
  })
  const relay = new Promise<RelayEnd>((resolve, reject) => {
    const room = websocketSignal(url, { WebSocket: OwnSocket, keepAlive: 0 }).join(topic, id, {
      peer: (peer) => seen(peer),
      gone() {},
      message() {},
      relay: (_, connection) => resolve({ id, connection, socket: sockets.at(-1) as WebSocket }),
      norelay: (_, error) => reject(error),
    })
    ask = (to) => room.relay?.(to)
    leave = () => room.leave()
  })
  return { met, relay, ask: (to: string) => ask(to), leave: () => leave() }
}

/** For the tests that every connection has to pass. */
export function relayPairs(bridge: () => SignallingBridge, firstEnd: 'asker' | 'other'): ConnectionFactory {
  return {
    name: `relay (first end: ${firstEnd})`,
    async connect(): Promise<ConnectedPair> {
      const { ends, leave } = await relayPair(bridge().url)
      const [a, b] = firstEnd === 'asker' ? ends : ends.toReversed()
      return {
        a: (a as RelayEnd).connection,
        b: (b as RelayEnd).connection,
        vanish: () => (a as RelayEnd).socket.terminate(),
        teardown() {
          for (const { connection } of ends) connection.abort(new Error('The test is over.'))
          leave()
        },
      }
    },
  }
}
