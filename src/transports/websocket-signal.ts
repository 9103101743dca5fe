import type { Signal, SignalEvents, SignalRoom } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { randomId } from './random-id.ts'
import { isSignalId, type ServerMessage, signalLimits } from './signal-wire.ts'
import { verify32Bytes } from './verify-options.ts'
import { type SocketUse, WebSocketDialler } from './websocket-dialler.ts'
import type { WebSocketLink } from './websocket-link.ts'
import {
  type VerifiedWebSocketOptions,
  verifyUrls,
  verifyWebSocketOptions,
  type WebSocketOptions,
} from './websocket-options.ts'
import { WebSocketSignalRoom } from './websocket-signal-room.ts'
import { SignalSession } from './websocket-signal-session.ts'

export interface WebSocketSignalOptions extends WebSocketOptions {
  /** Milliseconds after which the server is asked whether it is still there. Default 30,000; 0: never. */
  keepAlive?: number
}

/**
 * A signal among all who use the same server, a bridge: over one socket, which is opened at the first `join` and
 * closed after the last `leave`. When it is lost, all peers are gone; it is made anew like the socket of `websocket`,
 * to the first server that answers of those that were given, and the peers are seen again.
 *
 * Relays of its rooms go over that same server, in sockets of their own. `problem` of a room gets ERR_SIGNAL when no
 * server can be reached or one does not understand, ERR_OVER_QUOTA when it refuses; both are tried again.
 * `join` throws ERR_BAD_OPTION where there is no WebSocket, and ERR_BAD_ARGUMENT for a topic that is not 32 bytes or
 * an id that is not 1 to 64 characters.
 * @param url `ws://` or `wss://`, one or up to 64 of them
 * @throws ERR_BAD_OPTION
 */
export function websocketSignal(
  url: string | readonly string[],
  options: WebSocketSignalOptions = {},
): Signal {
  const { keepAlive = 30_000 } = options
  return new WebSocketSignal(verifyUrls(url), verifyWebSocketOptions({ ...options, keepAlive }))
}

class WebSocketSignal implements Signal {
  readonly #urls: readonly string[]
  readonly #options: VerifiedWebSocketOptions
  /** Shown to the server only: who has it may join with the same ids while a lost socket is still a member there. */
  readonly #secret = randomId()
  readonly #rooms = new Map<number, WebSocketSignalRoom>()
  #made = 0
  #dialler: WebSocketDialler | undefined
  #session: SignalSession | undefined

  constructor(urls: readonly string[], options: VerifiedWebSocketOptions) {
    this.#urls = urls
    this.#options = options
  }

  join(topic: Uint8Array, id: string, on: SignalEvents): SignalRoom {
    verify32Bytes('topic', topic)
    if (!isSignalId(id))
      throw new Replic8Error('ERR_BAD_ARGUMENT', `id must be 1 to ${signalLimits.id} characters.`)
    this.#dialler ??= this.#dial()
    const number = this.#made++
    const onleave = () => this.#forget(number)
    const room = new WebSocketSignalRoom(
      { number, topic, id, secret: this.#secret, onleave, ...this.#options },
      on,
    )
    this.#rooms.set(number, room)
    if (this.#session) room.enter(this.#session)
    return room
  }

  #dial(): WebSocketDialler {
    const dialler = new WebSocketDialler(this.#urls, this.#options, {
      onopen: (link, url) => this.#use(link, url),
      onproblem: (cause) => {
        this.#report(new Replic8Error('ERR_SIGNAL', 'No signalling server could be reached.', { cause }))
      },
    })
    return dialler
  }

  #use(link: WebSocketLink, url: string): SocketUse {
    const session: SignalSession = new SignalSession(link, url, this.#options, {
      onstart: () => {
        this.#session = session
        for (const room of this.#rooms.values()) room.enter(session)
      },
      onmessage: (message) => this.#take(message),
      onover: (error) => this.#lose(session, error),
    })
    return session
  }

  #take(message: ServerMessage): void {
    if (message.type === 'pong') return
    const room = this.#rooms.get(message.room)
    try {
      room?.take(message)
    } catch (error) {
      room?.report(toReplic8Error(error, 'ERR_HANDLER_FAILED'))
    }
  }

  #lose(session: SignalSession, error: Replic8Error | undefined): void {
    if (this.#session !== session) return
    this.#session = undefined
    for (const room of [...this.#rooms.values()]) room.lose()
    if (error) this.#report(error)
  }

  #report(error: Replic8Error): void {
    for (const room of [...this.#rooms.values()]) room.report(error)
  }

  #forget(number: number): void {
    this.#rooms.delete(number)
    if (this.#rooms.size > 0) return
    void this.#dialler?.stop()
    this.#dialler = undefined
    this.#session = undefined
  }
}
