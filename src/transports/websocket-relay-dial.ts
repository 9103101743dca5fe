import { fromHex } from '../bytes.ts'
import type { Connection } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { attempt } from './websocket-attempt.ts'
import { cutError, WebSocketConnection } from './websocket-connection.ts'
import { closeCodes, encodeRelayHello, relayOpen } from './websocket-hello.ts'
import type { SocketEnd, WebSocketLink } from './websocket-link.ts'
import type { WebSocketClass } from './websocket-options.ts'

export interface RelayOptions {
  WebSocket: WebSocketClass
  url: string
  /** 64 hex digits. */
  ticket: string
  initiator: boolean
  /** Milliseconds; these three. */
  connectTimeout: number
  closeTimeout: number
  keepAlive: number
}

/** One of the two, once, unless it was cancelled before. */
export interface RelayEvents {
  onconnection(connection: Connection): void
  onfail(error: Replic8Error): void
}

/** One end of a relay: comes with a ticket, and waits for the other. Gives what cancels it. */
export function dialRelay(options: RelayOptions, events: RelayEvents): () => void {
  const fail = (cause: Replic8Error, code: 'ERR_RELAY' | 'ERR_OVER_QUOTA' = 'ERR_RELAY') =>
    events.onfail(new Replic8Error(code, 'The relay failed.', { cause }))
  let cancel = attempt(options, {
    onopen: (link) => {
      cancel = awaitOther(link, options, { ...events, onfail: fail })
    },
    onfail: fail,
  })
  return () => cancel()
}

interface WaitEvents {
  onconnection(connection: Connection): void
  onfail(cause: Replic8Error, code?: 'ERR_RELAY' | 'ERR_OVER_QUOTA'): void
}

function awaitOther(link: WebSocketLink, options: RelayOptions, events: WaitEvents): () => void {
  const { connectTimeout, initiator, closeTimeout, keepAlive } = options
  const settle = () => {
    clearTimeout(deadline)
    link.events = { onmessage: () => {}, onover: () => {} }
  }
  const giveUp = (detail: string) => {
    settle()
    link.cut()
    events.onfail(new Replic8Error('ERR_CONNECTION', detail))
  }
  const deadline = setTimeout(() => giveUp('The other end did not come.'), connectTimeout)
  link.events = {
    onmessage(message) {
      if (message !== relayOpen) return giveUp('What came is no relay.')
      settle()
      // What the other end sends waits until the owner of the connection is there.
      link.hold()
      const roles = { kind: 'relay', initiator } as const
      events.onconnection(new WebSocketConnection(link, { ...roles, closeTimeout, keepAlive }))
    },
    onover(how: SocketEnd) {
      settle()
      events.onfail(cutError(how), how.code === closeCodes.overLimit ? 'ERR_OVER_QUOTA' : 'ERR_RELAY')
    },
  }
  link.send(encodeRelayHello(fromHex(options.ticket) as Uint8Array))
  return () => {
    settle()
    link.cut()
  }
}
