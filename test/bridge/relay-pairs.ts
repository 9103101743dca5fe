/** Ends of relays, met through a real signalling server. */
import type { Connection } from '../../src/connection.ts'
import type { WebSocketClass, WebSocketLike } from '../../src/transports/websocket.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import type { ConnectedPair, ConnectionFactory } from '../compliance/transport.ts'

export interface RelayPlace<S extends WebSocketLike> {
  /** Of a signalling server. */
  url: string
  WebSocket: new (url: string) => S
  /** Takes away what a socket runs on. */
  vanish?(socket: S): void
}

export interface RelayEnd<S extends WebSocketLike> {
  connection: Connection
  /** The socket that it goes over. */
  socket: S
}

/** A relay of which the first end is the one that asked. */
export async function relayPair<S extends WebSocketLike>(
  place: RelayPlace<S>,
): Promise<{ ends: [RelayEnd<S>, RelayEnd<S>]; leave(): void }> {
  const topic = crypto.getRandomValues(new Uint8Array(32))
  const asker = joinOne(place, topic, 'asker')
  const other = joinOne(place, topic, 'other')
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

function joinOne<S extends WebSocketLike>({ url, WebSocket }: RelayPlace<S>, topic: Uint8Array, id: string) {
  const sockets: S[] = []
  class Noted {
    constructor(to: string) {
      const socket = new WebSocket(to)
      sockets.push(socket)
      // biome-ignore lint/correctness/noConstructorReturn: the socket itself is wanted, of whatever class it is.
      return socket as unknown as Noted
    }
  }
  let ask = (_to: string) => {}
  let leave = () => {}
  let seen = (_peer: string) => {}
  const met = new Promise<string>((resolve) => {
    seen = resolve
  })
  const relay = new Promise<RelayEnd<S>>((resolve, reject) => {
    const room = websocketSignal(url, { WebSocket: Noted as unknown as WebSocketClass, keepAlive: 0 }).join(
      topic,
      id,
      {
        peer: (peer) => seen(peer),
        gone() {},
        message() {},
        relay: (_, connection) => resolve({ connection, socket: sockets.at(-1) as S }),
        norelay: (_, error) => reject(error),
        problem: reject,
      },
    )
    ask = (to) => room.relay?.(to)
    leave = () => room.leave()
  })
  return { met, relay, ask: (to: string) => ask(to), leave: () => leave() }
}

/** For the tests that every connection has to pass. */
export function relayPairs<S extends WebSocketLike>(
  placeOf: () => RelayPlace<S>,
  firstEnd: 'asker' | 'other',
): ConnectionFactory {
  return {
    name: `relay (first end: ${firstEnd})`,
    async connect(): Promise<ConnectedPair> {
      const place = placeOf()
      const { ends, leave } = await relayPair(place)
      const [first, second] = firstEnd === 'asker' ? ends : [ends[1], ends[0]]
      const { vanish } = place
      return {
        a: first.connection,
        b: second.connection,
        ...(vanish && { vanish: () => vanish(first.socket) }),
        teardown() {
          for (const { connection } of ends) connection.abort(new Error('The test is over.'))
          leave()
        },
      }
    },
  }
}
