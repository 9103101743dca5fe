/** What the tests of WebSockets in Node and in a page have in common: who meets whom is the test's, the rest is real. */
import { equalBytes, toHex } from '../../src/bytes.ts'
import type { Connection, Transport, TransportTarget } from '../../src/connection.ts'
import { Replic8Error } from '../../src/errors.ts'
import { verify32Bytes } from '../../src/transports/verify-options.ts'
import {
  acceptWebsocket,
  type WebSocketClass,
  type WebSocketLike,
  websocket,
  websocketConnection,
} from '../../src/transports/websocket.ts'
import type { ConnectedPair, ConnectionFactory } from '../compliance/transport.ts'

/** A place for one socket that is dialled and one that takes the call. */
export interface Meeting {
  url: string
  /** The socket at the other end of what dials `url`. */
  socket: Promise<WebSocketLike>
}

export interface MeetingPlace {
  WebSocket: WebSocketClass
  meet(): Meeting
  /** Takes away what the socket runs on. */
  vanish?(socket: WebSocketLike): void
}

/** Pairs of connections of which the first end dialled, or took the call. */
export function websocketPairs(place: MeetingPlace, firstEnd: 'caller' | 'answerer'): ConnectionFactory {
  return {
    name: `websocket (first end: ${firstEnd})`,
    async connect(): Promise<ConnectedPair> {
      const { url, socket } = place.meet()
      const caller = new place.WebSocket(url)
      const calling = websocketConnection(caller, { initiator: true })
      const answerer = await socket
      await Promise.all([opened(caller), opened(answerer)])
      const answering = websocketConnection(answerer, { initiator: false })
      const [a, b] = firstEnd === 'caller' ? [calling, answering] : [answering, calling]
      const { vanish } = place
      return {
        a,
        b,
        ...(vanish && { vanish: () => vanish(firstEnd === 'caller' ? caller : answerer) }),
        teardown() {
          for (const end of [a, b]) end.abort(new Error('The test is over.'))
        },
      }
    },
  }
}

function opened(socket: WebSocketLike): Promise<void> {
  if (socket.readyState > 0) return Promise.resolve()
  return new Promise((resolve) => socket.addEventListener('open', () => resolve()))
}

/** Who is there, by the topic's hex digits. */
export type MeshHub = Map<string, Set<MeshMember>>

/** A network of servers that dial each other: every pair of a topic is a `websocket` and an `acceptWebsocket`. */
export function meshTransport(place: MeetingPlace, hub: MeshHub): Transport {
  let member: MeshMember | undefined
  return {
    start(to) {
      if (member) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
      verify32Bytes('topic', to.topic)
      member = new MeshMember(place, hub, to)
    },
    async stop() {
      const left = member
      member = undefined
      await left?.leave()
    },
  }
}

class MeshMember {
  readonly #place: MeetingPlace
  readonly #hub: MeshHub
  readonly #to: TransportTarget
  readonly #room: string
  readonly #dialled = new Map<MeshMember, Transport>()
  readonly #accepted = new Set<Connection>()
  #left = false

  constructor(place: MeetingPlace, hub: MeshHub, to: TransportTarget) {
    this.#place = place
    this.#hub = hub
    this.#to = to
    this.#room = toHex(to.topic)
    const others = [...(hub.get(this.#room) ?? [])]
    hub.set(this.#room, new Set([...others, this]))
    for (const other of others) this.#dial(other)
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#hub.get(this.#room)?.delete(this)
    for (const other of this.#hub.get(this.#room) ?? []) other.#forget(this)
    const accepted = [...this.#accepted]
    for (const connection of accepted) connection.close()
    const over = accepted.map((connection) => (connection as unknown as { over: Promise<void> }).over)
    await Promise.all([...over, ...[...this.#dialled.values()].map((transport) => transport.stop())])
  }

  #dial(other: MeshMember): void {
    const { url, socket } = this.#place.meet()
    const transport = websocket(url, { WebSocket: this.#place.WebSocket })
    this.#dialled.set(other, transport)
    other.#accept(socket)
    transport.start(this.#to)
  }

  #forget(other: MeshMember): void {
    void this.#dialled.get(other)?.stop()
    this.#dialled.delete(other)
  }

  async #accept(socket: Promise<WebSocketLike>): Promise<void> {
    const accepted = await acceptWebsocket(await socket).catch(() => undefined)
    if (!accepted) return
    const { topic, connection } = accepted
    if (this.#left || !equalBytes(topic, this.#to.topic)) return connection.close()
    this.#accepted.add(connection)
    this.#to.onconnection(connection)
  }
}
