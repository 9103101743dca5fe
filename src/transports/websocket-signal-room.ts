import { toHex } from '../bytes.ts'
import type { Connection, SignalEvents, SignalRoom } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { handOver } from './hand-over.ts'
import type { ServerMessage } from './signal-wire.ts'
import { type VerifiedWebSocketOptions, webSocketHere } from './websocket-options.ts'
import { dialRelay } from './websocket-relay-dial.ts'
import type { SignalSession } from './websocket-signal-session.ts'

export interface SignalRoomOptions extends VerifiedWebSocketOptions {
  /** What the server knows it by. */
  number: number
  topic: Uint8Array
  id: string
  secret: string
  onleave(): void
}

type RoomMessage = Exclude<ServerMessage, { type: 'pong' }>
type RelayMessage = Extract<ServerMessage, { type: 'relay' }>

/** More peers than this, and relays that others ask for, are not believed: their number is what a server says it is. */
const most = { peers: 4_096, dials: 64 }

/** One topic that was joined, from `join` to `leave`, over one socket after the other. */
export class WebSocketSignalRoom implements SignalRoom {
  readonly #options: SignalRoomOptions
  readonly #on: SignalEvents
  readonly #rejoin: BackOff
  readonly #peers = new Set<string>()
  /** Peers to which a relay was asked for and not answered. */
  readonly #asked = new Set<string>()
  /** What gives up a relay that is dialled, by the peer, for each of the two that may have asked. */
  readonly #dials = { own: new Map<string, () => void>(), theirs: new Map<string, () => void>() }
  #session: SignalSession | undefined
  #left = false

  constructor(options: SignalRoomOptions, on: SignalEvents) {
    this.#options = options
    this.#on = on
    this.#rejoin = new BackOff(options)
  }

  send(to: string, data: unknown): void {
    this.#session?.send({ type: 'send', room: this.#options.number, to, data })
  }

  relay(to: string): void {
    if (this.#left || this.#asked.has(to)) return
    this.#asked.add(to)
    if (this.#session && this.#peers.has(to))
      this.#session.send({ type: 'ask', room: this.#options.number, to })
    // Not from within the call.
    else queueMicrotask(() => this.#noRelay(to, new Replic8Error('ERR_RELAY', 'The peer is out of sight.')))
  }

  leave(): void {
    if (this.#left) return
    this.#left = true
    this.#rejoin.cancel()
    this.#session?.send({ type: 'leave', room: this.#options.number })
    this.#session = undefined
    for (const dials of Object.values(this.#dials)) for (const cancel of dials.values()) cancel()
    this.#options.onleave()
  }

  /** There is a socket. */
  enter(session: SignalSession): void {
    this.#rejoin.cancel()
    this.#rejoin.reset()
    this.#session = session
    this.#join()
  }

  /** The socket is lost, and with it the sight of everybody. */
  lose(): void {
    this.#session = undefined
    this.#rejoin.cancel()
    for (const id of [...this.#peers]) this.#gone(id)
    const lost = new Replic8Error('ERR_RELAY', 'The signalling server was lost.')
    for (const id of [...this.#asked]) if (!this.#dials.own.has(id)) this.#noRelay(id, lost)
  }

  take(message: RoomMessage): void {
    if (message.type === 'peer') this.#peer(message.id)
    else if (message.type === 'gone') this.#gone(message.id)
    else if (message.type === 'message') this.#message(message.from, message.data)
    else if (message.type === 'relay') this.#relay(message)
    else if (message.type === 'refused') this.#refused(new Replic8Error(message.code, message.detail))
    else this.#noRelay(message.id, new Replic8Error(message.code, message.detail))
  }

  report(error: Replic8Error): void {
    if (!this.#left) this.#on.problem?.(error)
  }

  #join(): void {
    const { number: room, topic, id, secret } = this.#options
    this.#session?.send({ type: 'join', room, topic: toHex(topic), id, secret })
  }

  #refused(error: Replic8Error): void {
    this.#rejoin.wait(() => this.#join())
    this.report(error)
  }

  #peer(id: string): void {
    if (this.#peers.has(id) || id === this.#options.id || this.#peers.size >= most.peers) return
    this.#peers.add(id)
    if (!this.#left) this.#on.peer(id)
  }

  #gone(id: string): void {
    if (this.#peers.delete(id) && !this.#left) this.#on.gone(id)
  }

  #message(from: string, data: unknown): void {
    if (this.#peers.has(from)) this.#on.message(from, data)
  }

  #relay({ id, ticket, initiator }: RelayMessage): void {
    const wanted = initiator ? this.#asked.has(id) : this.#peers.has(id) && this.#on.relay
    const dials = initiator ? this.#dials.own : this.#dials.theirs
    if (!wanted || !this.#session || (!dials.has(id) && dials.size >= most.dials)) return
    // A peer that asks again has given up what it asked for before.
    dials.get(id)?.()
    const { url } = this.#session
    const { connectTimeout, closeTimeout, keepAlive } = this.#options
    const WebSocket = webSocketHere(this.#options.WebSocket)
    const cancel = dialRelay(
      { WebSocket, url, ticket, initiator, connectTimeout, closeTimeout, keepAlive },
      {
        onconnection: (connection) => {
          dials.delete(id)
          if (initiator) this.#asked.delete(id)
          this.#hand(id, connection)
        },
        onfail: (error) => {
          dials.delete(id)
          if (initiator) this.#noRelay(id, error)
        },
      },
    )
    dials.set(id, cancel)
  }

  #hand(id: string, connection: Connection): void {
    handOver(connection, {
      onconnection: () => (this.#on.relay ? this.#on.relay(id, connection) : connection.close()),
      onproblem: (error) => this.report(error),
    })
  }

  #noRelay(id: string, error: Replic8Error): void {
    if (this.#asked.delete(id) && !this.#left) this.#on.norelay?.(id, error)
  }
}
