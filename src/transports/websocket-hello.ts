import { concatBytes } from '../bytes.ts'
import type { Connection } from '../connection.ts'
import { type ErrorCode, Replic8Error } from '../errors.ts'
import { signalHello } from './signal-wire.ts'
import { verifyTimeout } from './verify-options.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { type WebSocketLike, WebSocketLink } from './websocket-link.ts'
import { verifyConnectionOptions, type WebSocketConnectionOptions } from './websocket-options.ts'

/**
 * The first message of an end that dials says what the socket is about. None of it is a part of the URL, which servers
 * and proxies write into their logs. A peer: binary, 'replic8/1 ' in ASCII, then the 32 bytes of its topic, a keyed
 * hash that says nothing of the key. One end of a relay: binary, 'replic8-relay/1 ', then the 32 bytes of its ticket.
 * Signalling: the text of `signalHello`.
 */
type Hello = { kind: 'peer'; topic: Uint8Array } | { kind: 'relay'; ticket: Uint8Array } | { kind: 'signal' }

const prefixes = { peer: 'replic8/1 ', relay: 'replic8-relay/1 ' } as const
const valueBytes = 32
/** Of a hello in any version. */
const anyHello = /^(replic8(?:-relay|-signal)?)\/(\d+)/

/** How a server closes a socket that it does not want. */
export const closeCodes = {
  shutDown: 1001,
  notReplic8: 4001,
  version: 4002,
  topicNotServed: 4404,
  ticket: 4410,
  overLimit: 4429,
} as const

export function encodeHello(topic: Uint8Array): Uint8Array {
  return concatBytes([new TextEncoder().encode(prefixes.peer), topic])
}

export function encodeRelayHello(ticket: Uint8Array): Uint8Array {
  return concatBytes([new TextEncoder().encode(prefixes.relay), ticket])
}

/** The first message of a relay to each of its ends, a text: the other one is there, and what follows is its. */
export const relayOpen = 'open'

/**
 * What a first message says; topic and ticket are in buffers of their own.
 * @throws ERR_UNSUPPORTED_VERSION for a hello of another version, ERR_HANDSHAKE for anything else
 */
function decodeHello(message: string | Uint8Array): Hello {
  if (message === signalHello) return { kind: 'signal' }
  const start =
    typeof message === 'string' ? message : String.fromCharCode(...message.subarray(0, valueBytes))
  if (typeof message !== 'string') {
    const topic = valueBehind(prefixes.peer, start, message)
    if (topic) return { kind: 'peer', topic }
    const ticket = valueBehind(prefixes.relay, start, message)
    if (ticket) return { kind: 'relay', ticket }
  }
  const version = anyHello.exec(start)?.[2]
  if (version === undefined || version === '1')
    throw new Replic8Error('ERR_HANDSHAKE', 'What came first was no hello.')
  throw new Replic8Error('ERR_UNSUPPORTED_VERSION', `The peer says hello in version ${version}, not 1.`)
}

function valueBehind(prefix: string, start: string, message: Uint8Array): Uint8Array | undefined {
  if (!start.startsWith(prefix) || message.length !== prefix.length + valueBytes) return undefined
  return message.slice(prefix.length)
}

export interface AcceptWebSocketOptions extends Omit<WebSocketConnectionOptions, 'initiator'> {
  /** Milliseconds that the other end has to say which topic it is about. Default 10,000. */
  helloTimeout?: number
}

/** A socket that was dialled by `websocket`. */
export interface AcceptedWebSocket {
  /** What the other end is about, 32 bytes: to be compared with topics that are served, and with nothing else. */
  topic: Uint8Array
  /**
   * Delivers nothing, its end neither, before its `ondata` is set: there is time to decide. To turn the other end
   * away, close the socket itself with a code and a reason.
   */
  connection: Connection
}

/**
 * What a server does with a socket: learns the topic from the first message, and makes a connection of the rest.
 * A socket on which something else comes first is closed with 4001, with 4002 for a hello of another version.
 * @param socket one of the package `ws`, or a browser's; open, and nothing read from it
 * Rejects with ERR_HANDSHAKE, ERR_UNSUPPORTED_VERSION, ERR_HANDSHAKE_TIMEOUT, with ERR_CONNECTION when the socket
 * ends before, and with ERR_BAD_OPTION. The socket is of no use then.
 */
export async function acceptWebsocket(
  socket: WebSocketLike,
  options: AcceptWebSocketOptions = {},
): Promise<AcceptedWebSocket> {
  const { topic, connection } = await accept(socket, options, true)
  return { topic, connection }
}

/** A socket of any of those that a bridge serves. The links are held, and nothing is done with their end yet. */
export type Received =
  | { kind: 'peer'; topic: Uint8Array; connection: Connection }
  | { kind: 'signal'; link: WebSocketLink }
  | { kind: 'relay'; ticket: Uint8Array; link: WebSocketLink }

/** As `acceptWebsocket`, of every kind of socket. */
export function receive(socket: WebSocketLike, options: AcceptWebSocketOptions = {}): Promise<Received> {
  return accept(socket, options, false)
}

type Peer = Extract<Received, { kind: 'peer' }>

async function accept(socket: WebSocketLike, options: AcceptWebSocketOptions, peers: true): Promise<Peer>
async function accept(socket: WebSocketLike, options: AcceptWebSocketOptions, peers: false): Promise<Received>
async function accept(
  socket: WebSocketLike,
  options: AcceptWebSocketOptions,
  peersOnly: boolean,
): Promise<Received> {
  const { helloTimeout = 10_000, ...others } = options
  verifyTimeout('helloTimeout', helloTimeout)
  const verified = verifyConnectionOptions({ ...others, initiator: false })
  const link = new WebSocketLink(socket)
  const hello = decodeOrRefuse(await firstMessage(link, helloTimeout), peersOnly, link)
  if (hello.kind === 'peer') return { ...hello, connection: new WebSocketConnection(link, verified) }
  return { ...hello, link }
}

/** The first message; those that come behind it are held. */
function firstMessage(link: WebSocketLink, timeout: number): Promise<string | Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (code: ErrorCode, detail: string) => {
      clearTimeout(timer)
      reject(new Replic8Error(code, detail))
    }
    const timer = setTimeout(() => {
      link.cut()
      fail('ERR_HANDSHAKE_TIMEOUT', `No hello came within ${timeout} ms.`)
    }, timeout)
    link.events = {
      onmessage(message) {
        clearTimeout(timer)
        link.hold()
        resolve(message)
      },
      onover: () => fail('ERR_CONNECTION', 'The socket was closed before a hello came.'),
    }
  })
}

function decodeOrRefuse(message: string | Uint8Array, peersOnly: boolean, link: WebSocketLink): Hello {
  try {
    const hello = decodeHello(message)
    if (peersOnly && hello.kind !== 'peer')
      throw new Replic8Error('ERR_HANDSHAKE', `There is no ${hello.kind} here.`)
    return hello
  } catch (error) {
    const { code } = error as Replic8Error
    dismiss(link, code === 'ERR_UNSUPPORTED_VERSION' ? closeCodes.version : closeCodes.notReplic8, code)
    throw error
  }
}

/** Closes a socket of which nothing is wanted any more. */
export function dismiss(link: WebSocketLink, code: number, reason?: string): void {
  // It has to go on reading to see the other end close, too.
  link.events = { onmessage: () => {}, onover: () => {} }
  link.release()
  link.close(code, reason)
}
