import { Replic8Error } from '../errors.ts'
import {
  type ClientMessage,
  clientLimits,
  decodeSignal,
  encodeSignal,
  type ServerMessage,
  signalHello,
} from './signal-wire.ts'
import { cutError } from './websocket-connection.ts'
import type { SocketUse } from './websocket-dialler.ts'
import { closeCodes } from './websocket-hello.ts'
import { abortedCode, type SocketEnd, type WebSocketLink } from './websocket-link.ts'

export interface SignalSessionEvents {
  onstart(): void
  onmessage(message: ServerMessage): void
  /** `error`: what was wrong, where it was more than a loss. */
  onover(error?: Replic8Error): void
}

/** One socket to a signalling server, from its opening to its end. */
export class SignalSession implements SocketUse {
  readonly url: string
  readonly over: Promise<void>
  readonly #link: WebSocketLink
  readonly #events: SignalSessionEvents
  readonly #closeTimeout: number
  readonly #keepAlive: ReturnType<typeof setInterval> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #answer: ReturnType<typeof setTimeout> | undefined
  /** A ping went out, and nothing has come since. */
  #asked = false
  #over = false
  #settle!: () => void

  /** @param options milliseconds; `keepAlive` 0: never */
  constructor(
    link: WebSocketLink,
    url: string,
    options: { closeTimeout: number; keepAlive: number },
    events: SignalSessionEvents,
  ) {
    this.over = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.url = url
    this.#link = link
    this.#events = events
    this.#closeTimeout = options.closeTimeout
    link.events = { onmessage: (message) => this.#take(message), onover: (how) => this.#finish(whyOver(how)) }
    if (options.keepAlive > 0) this.#keepAlive = setInterval(() => this.#stayAlive(), options.keepAlive)
  }

  start(): void {
    this.#link.send(signalHello)
    this.#events.onstart()
  }

  /** @throws ERR_SIGNAL for a message that is too large for a server */
  send(message: ClientMessage): void {
    const text = encodeSignal(message)
    if (text.length > clientLimits.sent)
      throw new Replic8Error('ERR_SIGNAL', `A message of more than ${clientLimits.sent} characters.`)
    if (!this.#over) this.#link.send(text)
  }

  close(): void {
    this.#link.close(1000)
    this.#deadline ??= setTimeout(() => this.#link.cut(), this.#closeTimeout)
  }

  /** What a machine that slept or changed its network has may be dead: an answer is awaited for `closeTimeout`. */
  wake(): void {
    if (this.#asked || this.#over) return
    this.#ask()
    clearTimeout(this.#answer)
    this.#answer = setTimeout(() => this.#expectAnswer(), this.#closeTimeout)
  }

  /** A timer of a hidden page is late, which does no harm: what came before it was heard. */
  #stayAlive(): void {
    this.#expectAnswer()
    if (!this.#over) this.#ask()
  }

  #expectAnswer(): void {
    if (this.#asked) this.#fail(new Replic8Error('ERR_SIGNAL', 'The server does not answer.'))
  }

  #ask(): void {
    this.#asked = true
    this.send({ type: 'ping' })
  }

  #take(message: string | Uint8Array): void {
    if (this.#over) return
    this.#asked = false
    const said = this.#decode(message)
    if (said) this.#events.onmessage(said)
  }

  #decode(message: string | Uint8Array): ServerMessage | undefined {
    try {
      if (typeof message !== 'string' || message.length > clientLimits.taken)
        throw new Replic8Error('ERR_SIGNAL', 'The server sent what is no signalling.')
      return decodeSignal(message, 'server')
    } catch (error) {
      this.#fail(error as Replic8Error)
      return undefined
    }
  }

  #fail(error: Replic8Error): void {
    this.#link.cut()
    this.#finish(error)
  }

  #finish(error?: Replic8Error): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#keepAlive)
    clearTimeout(this.#deadline)
    clearTimeout(this.#answer)
    this.#settle()
    this.#events.onover(error)
  }
}

/** Nothing where the socket was just lost: whether that is a trouble, the next dial shows. */
function whyOver(how: SocketEnd): Replic8Error | undefined {
  if (how.code < 3000 || how.code === abortedCode) return undefined
  const cause = cutError(how)
  const code = how.code === closeCodes.overLimit ? 'ERR_OVER_QUOTA' : 'ERR_SIGNAL'
  return new Replic8Error(code, 'The signalling server closed the socket.', {
    cause,
    ...(cause.reason && { reason: cause.reason }),
  })
}
