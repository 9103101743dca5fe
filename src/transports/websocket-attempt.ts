import { Replic8Error, toReplic8Error } from '../errors.ts'
import { cutError } from './websocket-connection.ts'
import { WebSocketLink } from './websocket-link.ts'
import type { WebSocketClass } from './websocket-options.ts'

export interface AttemptOptions {
  WebSocket: WebSocketClass
  url: string
  /** Milliseconds. */
  connectTimeout: number
}

/** One of the two, once, unless it was cancelled before. */
export interface AttemptEvents {
  onopen(link: WebSocketLink): void
  onfail(error: Replic8Error): void
}

/** One try to reach one server. Gives what cancels it. */
export function attempt(
  { WebSocket, url, connectTimeout }: AttemptOptions,
  events: AttemptEvents,
): () => void {
  let link: WebSocketLink | undefined
  let settled = false
  const settle = (run: () => void) => {
    if (settled) return
    settled = true
    clearTimeout(deadline)
    run()
  }
  const fail = (error: unknown) => settle(() => events.onfail(nameServer(url, error)))
  const deadline = setTimeout(() => {
    fail(new Replic8Error('ERR_CONNECTION', `It did not answer within ${connectTimeout} ms.`))
    link?.cut()
  }, connectTimeout)
  try {
    link = new WebSocketLink(new WebSocket(url))
  } catch (error) {
    // A page that came over https may not dial ws://, for one.
    queueMicrotask(() => fail(error))
    return () => settle(() => {})
  }
  const opened = link
  link.events = {
    onopen: () => settle(() => events.onopen(opened)),
    onmessage: () => {},
    onover: (how) => fail(how.error ?? cutError(how)),
  }
  return () => settle(() => opened.cut())
}

/** Its address without what may be secret in a URL: user, password and query. */
function nameServer(url: string, error: unknown): Replic8Error {
  const { protocol, host, pathname } = new URL(url)
  const server = `The server ${protocol}//${host}${pathname} could not be reached.`
  return new Replic8Error('ERR_CONNECTION', server, { cause: toReplic8Error(error, 'ERR_CONNECTION') })
}
