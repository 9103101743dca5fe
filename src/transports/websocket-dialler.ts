import type { TransportTarget } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { attempt } from './websocket-attempt.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { encodeHello } from './websocket-hello.ts'
import type { WebSocketLink } from './websocket-link.ts'
import { type VerifiedWebSocketOptions, type WebSocketClass, webSocketHere } from './websocket-options.ts'
import { onWake } from './websocket-wake.ts'

/** Milliseconds that a connection has to stand for the next wait to be a short one again. */
const standsAfter = 10_000

/** Keeps one connection to one of several servers, from start to stop. */
export class WebSocketDialler {
  readonly #urls: readonly string[]
  readonly #options: VerifiedWebSocketOptions
  readonly #WebSocket: WebSocketClass
  readonly #to: TransportTarget
  readonly #backOff: BackOff
  readonly #sleep: () => void
  /** Which server is dialled next. */
  #turn = 0
  /** Of the servers that were dialled without success in this round. */
  #failures: Replic8Error[] = []
  #cancel = () => {}
  #connection: WebSocketConnection | undefined
  #stopped = false

  /** @throws ERR_BAD_OPTION where there is no WebSocket */
  constructor(urls: readonly string[], options: VerifiedWebSocketOptions, to: TransportTarget) {
    this.#urls = urls
    this.#options = options
    this.#WebSocket = webSocketHere(options.WebSocket)
    this.#to = to
    this.#backOff = new BackOff(options)
    this.#sleep = onWake(() => this.#backOff.hurry())
    this.#dial()
  }

  /** Closes the connection, or gives up the one under way; resolves when it is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#sleep()
    this.#backOff.cancel()
    this.#cancel()
    this.#connection?.close()
    await this.#connection?.over
  }

  #dial(): void {
    const { connectTimeout } = this.#options
    const url = this.#urls[this.#turn] as string
    this.#cancel = attempt(
      { WebSocket: this.#WebSocket, url, connectTimeout },
      { onopen: (link) => this.#connected(link), onfail: (error) => this.#failed(error) },
    )
  }

  #failed(error: Replic8Error): void {
    this.#turnAway()
    this.#failures.push(error)
    if (this.#failures.length < this.#urls.length) {
      this.#dial()
      return
    }
    const failures = this.#failures
    this.#failures = []
    // First: the owner may stop the transport when it hears of the problem.
    this.#dialLater()
    this.#to.onproblem(roundError(failures))
  }

  #connected(link: WebSocketLink): void {
    const since = performance.now()
    this.#failures = []
    link.send(encodeHello(this.#to.topic))
    const connection = new WebSocketConnection(link, { ...this.#options, initiator: true })
    this.#connection = connection
    connection.over.then(() => {
      this.#connection = undefined
      // A server that takes no connection for long is like one that takes none.
      if (performance.now() - since >= standsAfter) this.#backOff.reset()
      else this.#turnAway()
      if (!this.#stopped) this.#dialLater()
    })
    try {
      this.#to.onconnection(connection)
    } catch (error) {
      const failed = toReplic8Error(error, 'ERR_HANDLER_FAILED')
      connection.abort(failed)
      this.#to.onproblem(failed)
    }
  }

  #turnAway(): void {
    this.#turn = (this.#turn + 1) % this.#urls.length
  }

  #dialLater(): void {
    this.#backOff.wait(() => this.#dial())
  }
}

function roundError(failures: Replic8Error[]): Replic8Error {
  const [first] = failures
  if (first && failures.length === 1) return first
  const cause = new AggregateError(failures)
  return new Replic8Error('ERR_CONNECTION', `None of ${failures.length} servers could be reached.`, { cause })
}
