import { concatBytes } from '../bytes.ts'
import type { Connection } from '../connection.ts'
import { type ErrorCode, Replic8Error } from '../errors.ts'
import { verifyTimeout } from './verify-options.ts'
import { WebSocketConnection } from './websocket-connection.ts'
import { type WebSocketLike, WebSocketLink } from './websocket-link.ts'
import { verifyConnectionOptions, type WebSocketConnectionOptions } from './websocket-options.ts'

/**
 * The first message of an end that dials, binary: 'replic8/1 ' in ASCII, then the 32 bytes of its topic. Not a part
 * of the URL, which servers and proxies write into their logs. The topic is a keyed hash: it says nothing of the key.
 */
const name = 'replic8/'
const prefix = new TextEncoder().encode(`${name}1 `)
const topicBytes = 32

/** Close codes of a server that could not read the hello. */
export const refusals = { notReplic8: 4001, version: 4002 } as const

export function encodeHello(topic: Uint8Array): Uint8Array {
  return concatBytes([prefix, topic])
}

/**
 * The topic in a hello, in a buffer of its own.
 * @throws ERR_UNSUPPORTED_VERSION for a hello of another version, ERR_HANDSHAKE for anything else
 */
export function decodeHello(message: string | Uint8Array): Uint8Array {
  if (typeof message === 'string') throw new Replic8Error('ERR_HANDSHAKE', 'A text came in place of a hello.')
  const start = String.fromCharCode(...message.subarray(0, prefix.length))
  if (start === `${name}1 ` && message.length === prefix.length + topicBytes)
    return message.slice(prefix.length)
  const version = /^replic8\/(\d+)/.exec(start)?.[1]
  if (version === undefined || version === '1')
    throw new Replic8Error('ERR_HANDSHAKE', 'What came first was no hello.')
  throw new Replic8Error('ERR_UNSUPPORTED_VERSION', `The peer says hello in version ${version}, not 1.`)
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
  const { helloTimeout = 10_000, ...others } = options
  verifyTimeout('helloTimeout', helloTimeout)
  const verified = verifyConnectionOptions({ ...others, initiator: false })
  const link = new WebSocketLink(socket)
  const topic = decodeOrRefuse(await firstMessage(link, helloTimeout), link)
  return { topic, connection: new WebSocketConnection(link, verified) }
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

function decodeOrRefuse(hello: string | Uint8Array, link: WebSocketLink): Uint8Array {
  try {
    return decodeHello(hello)
  } catch (error) {
    const { code } = error as Replic8Error
    const refusal = code === 'ERR_UNSUPPORTED_VERSION' ? refusals.version : refusals.notReplic8
    // It has to go on reading to see the other end close, too.
    link.events = { onmessage: () => {}, onover: () => {} }
    link.release()
    link.close(refusal, code)
    throw error
  }
}
