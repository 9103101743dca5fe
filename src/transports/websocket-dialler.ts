import { Replic8Error } from '../errors.ts'
import { BackOff } from './back-off.ts'
import { attempt } from './websocket-attempt.ts'
import type { WebSocketLink } from './websocket-link.ts'
import { type VerifiedWebSocketOptions, type WebSocketClass, webSocketHere } from './websocket-options.ts'
import { onWake } from './websocket-wake.ts'

/** Milliseconds that a socket has to stand for the next wait to be a short one again. */
const standsAfter = 10_000

/** What a socket is used for, from its opening to its end. */
export interface SocketUse {
  /** Called when the dialler has it: from here on `close` may be called. */
  start(): void
  close(): void
  /** Resolves when the socket is of no use any more. */
  readonly over: Promise<void>
  /** The network is back, or the page is looked at again. */
  wake?(): void
}

export interface DiallerEvents {
  /** A server answered. */
  onopen(link: WebSocketLink, url: string): SocketUse
  /** A round in which no server did. */
  onproblem(error: Replic8Error): void
}

/** Keeps one socket to one of several servers, from start to stop. */
export class WebSocketDialler {
  readonly #urls: readonly string[]
  readonly #options: VerifiedWebSocketOptions
  readonly #WebSocket: WebSocketClass
  readonly #events: DiallerEvents
  readonly #backOff: BackOff
  readonly #sleep: () => void
  /** Which server is dialled next. */
  #turn = 0
  /** Of the servers that were dialled without success in this round. */
  #failures: Replic8Error[] = []
  #cancel = () => {}
  #use: SocketUse | undefined
  #stopped = false

  /** @throws ERR_BAD_OPTION where there is no WebSocket */
  constructor(urls: readonly string[], options: VerifiedWebSocketOptions, events: DiallerEvents) {
    this.#urls = urls
    this.#options = options
    this.#WebSocket = webSocketHere(options.WebSocket)
    this.#events = events
    this.#backOff = new BackOff(options)
    this.#sleep = onWake(() => {
      this.#backOff.hurry()
      this.#use?.wake?.()
    })
    this.#dial()
  }

  /** Closes the socket, or gives up the one under way; resolves when it is over. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#sleep()
    this.#backOff.cancel()
    this.#cancel()
    this.#use?.close()
    await this.#use?.over
  }

  #dial(): void {
    const { connectTimeout } = this.#options
    const url = this.#urls[this.#turn] as string
    this.#cancel = attempt(
      { WebSocket: this.#WebSocket, url, connectTimeout },
      { onopen: (link) => this.#opened(link, url), onfail: (error) => this.#failed(error) },
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
    // First: the owner may stop the dialler when it hears of the problem.
    this.#dialLater()
    this.#events.onproblem(roundError(failures))
  }

  #opened(link: WebSocketLink, url: string): void {
    const since = performance.now()
    this.#failures = []
    const use = this.#events.onopen(link, url)
    this.#use = use
    use.over.then(() => {
      this.#use = undefined
      // A server that takes no socket for long is like one that takes none.
      if (performance.now() - since >= standsAfter) this.#backOff.reset()
      else this.#turnAway()
      if (!this.#stopped) this.#dialLater()
    })
    use.start()
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
