import { Replic8Error } from '../errors.ts'
import { nextTask } from '../next-task.ts'
import { MessageConnection } from './message-connection.ts'
import type { SocketEnd, WebSocketLink } from './websocket-link.ts'

export interface VerifiedConnectionOptions {
  /** Default 'websocket'. */
  kind?: 'websocket' | 'relay'
  initiator: boolean | undefined
  /** Milliseconds. */
  closeTimeout: number
  /** Milliseconds; 0: never. */
  keepAlive: number
}

/**
 * The largest message sent: a server may refuse larger ones, and one that is long on its way holds up the rest. A block of
 * 64 KiB with its proof is one message.
 */
const messageBytes = 131_072
/** The close code of a connection of which both ends have everything. */
const doneCode = 1000

/**
 * A connection over one WebSocket. A socket that is closed delivers what was sent before, but its other end cannot
 * say anything any more: who has both ends' `end` closes it, with 1000. A socket that ends in any other way was cut.
 */
export class WebSocketConnection extends MessageConnection<WebSocketLink> {
  readonly kind: 'websocket' | 'relay'
  readonly #keepAlive: ReturnType<typeof setInterval> | undefined

  constructor(link: WebSocketLink, options: VerifiedConnectionOptions) {
    const { kind = 'websocket', initiator, closeTimeout, keepAlive } = options
    super(link, { initiator, closeTimeout, messageBytes })
    this.kind = kind
    link.events = {
      onopen: () => this.pump(),
      onmessage: (message) => this.takeMessage(message),
      onprogress: () => this.takeProgress(),
      onover: (how) => this.#takeOver(how),
    }
    if (keepAlive > 0) this.#keepAlive = setInterval(() => this.#stayAlive(), keepAlive)
  }

  /** What came before the owner was there is handed out; not before it has set its other handlers, too. */
  protected override onowner(): void {
    nextTask(() => this.link.release())
  }

  protected override onends(): void {
    this.link.close(doneCode)
  }

  protected override letGo(): void {
    clearInterval(this.#keepAlive)
    this.link.cut()
  }

  #takeOver(how: SocketEnd): void {
    const isDone = this.endSent && this.endReceived && how.code === doneCode
    this.finish(isDone ? undefined : cutError(how))
  }

  /** An empty message is nothing to its receiver, but not to a proxy that cuts what is silent. */
  #stayAlive(): void {
    if (!this.link.connecting && !this.endSent && this.underWay === 0) this.sendMessage(new Uint8Array(0))
  }
}

/** The error of a socket that ended without both ends having closed the connection. */
export function cutError({ code, reason, error }: SocketEnd): Replic8Error {
  const said = code === 1006 ? 'without a word' : `with code ${code}`
  return new Replic8Error('ERR_CONNECTION', `The socket was closed ${said}.`, {
    cause: error,
    ...(reason === '' ? {} : { reason: { code: String(code), message: reason } }),
  })
}
