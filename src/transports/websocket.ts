import type { Connection, Transport, TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { handOver } from './hand-over.ts'
import { verify32Bytes } from './verify-options.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { type SocketUse, WebSocketDialler } from './websocket-dialler.ts'
import { encodeHello } from './websocket-hello.ts'
import { type WebSocketLike, WebSocketLink } from './websocket-link.ts'
import {
  type VerifiedWebSocketOptions,
  verifyConnectionOptions,
  verifyUrls,
  verifyWebSocketOptions,
  type WebSocketConnectionOptions,
  type WebSocketOptions,
} from './websocket-options.ts'

export { type AcceptedWebSocket, type AcceptWebSocketOptions, acceptWebsocket } from './websocket-hello.ts'
export type { WebSocketLike } from './websocket-link.ts'
export type { WebSocketClass, WebSocketConnectionOptions, WebSocketOptions } from './websocket-options.ts'

/**
 * Keeps a connection to a server: to the first that answers of those it is given. Its end is the initiator.
 *
 * A connection that is over, however that came about, is made anew until `stop`: after a wait of at most `minDelay`
 * where it stood for 10 seconds, of up to `maxDelay` where attempts and connections keep failing, and at once when a
 * page comes into sight or online again. A round in which no server answers is reported (`onproblem`,
 * ERR_CONNECTION; `cause`: the server's error, or an AggregateError of all). Servers that turn a connection away are
 * passed over in turn; their words are in the `reason` of the error that its `onclose` gets.
 *
 * `start` throws ERR_BAD_OPTION where there is no WebSocket, and ERR_BAD_ARGUMENT as every transport does.
 * @param url `ws://` or `wss://`, one or up to 64 of them
 * @throws ERR_BAD_OPTION
 */
export function websocket(url: string | readonly string[], options: WebSocketOptions = {}): Transport {
  return new WebSocketTransport(verifyUrls(url), verifyWebSocketOptions(options))
}

/**
 * A connection over one WebSocket that is open or opens: the other end has to make one of its end, too. It takes the
 * socket as its own. Set its handlers before the next task.
 * @param socket a browser's WebSocket, Node's own, or one of the package `ws`
 * @throws ERR_BAD_OPTION
 */
export function websocketConnection(
  socket: WebSocketLike,
  options: WebSocketConnectionOptions = {},
): Connection {
  return new WebSocketConnection(new WebSocketLink(socket), verifyConnectionOptions(options))
}

class WebSocketTransport implements Transport {
  readonly #urls: readonly string[]
  readonly #options: VerifiedWebSocketOptions
  #dialler: WebSocketDialler | undefined

  constructor(urls: readonly string[], options: VerifiedWebSocketOptions) {
    this.#urls = urls
    this.#options = options
  }

  start(to: TransportTarget): void {
    if (this.#dialler) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
    verify32Bytes('topic', to.topic)
    this.#dialler = new WebSocketDialler(this.#urls, this.#options, {
      onopen: (link) => usePeer(link, this.#options, to),
      onproblem: (error) => to.onproblem(error),
    })
  }

  async stop(): Promise<void> {
    const dialler = this.#dialler
    this.#dialler = undefined
    await dialler?.stop()
  }
}

/** An open socket becomes the connection with the peer that the server is. */
function usePeer(link: WebSocketLink, options: VerifiedWebSocketOptions, to: TransportTarget): SocketUse {
  link.send(encodeHello(to.topic))
  const connection = new WebSocketConnection(link, { ...options, initiator: true })
  return {
    over: connection.over,
    close: () => connection.close(),
    start() {
      handOver(connection, to)
    },
  }
}
