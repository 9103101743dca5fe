import { Replic8Error } from '../errors.ts'
import { ownWebSocket } from '../platform/web-socket.ts'
import { longestTimeout, verifyNumber, verifyTimeout } from './verify-options.ts'
import type { VerifiedConnectionOptions } from './websocket-connection.ts'
import type { WebSocketLike } from './websocket-link.ts'

/** A class of WebSockets: a browser's, Node's own, or the one of the package `ws`. */
export type WebSocketClass = new (url: string) => WebSocketLike

export interface WebSocketConnectionOptions {
  /** Role of this end. Default: left out, the ends settle it. */
  initiator?: boolean
  /** Milliseconds that a closing connection waits for the other end while nothing moves. Default 10,000. */
  closeTimeout?: number
  /**
   * Milliseconds after which an empty message is sent, for proxies that cut what is silent where the server sends no
   * pings. Default 0: never.
   */
  keepAlive?: number
}

export interface WebSocketOptions extends Omit<WebSocketConnectionOptions, 'initiator'> {
  /** Default: that of the page, or in Node the one of the package `ws`, which is inside. */
  WebSocket?: WebSocketClass
  /** Milliseconds from dialling to the open socket, after which a server is given up. Default 20,000. */
  connectTimeout?: number
  /** Milliseconds, at most, before the first new try after a loss or a round of failures. Default 500. */
  minDelay?: number
  /** Milliseconds, at most, before any new try; each wait takes twice as long as the one before. Default 30,000. */
  maxDelay?: number
}

export interface VerifiedWebSocketOptions extends Required<Omit<WebSocketOptions, 'WebSocket'>> {
  WebSocket: WebSocketClass | undefined
}

/** Milliseconds. */
const defaults = {
  closeTimeout: 10_000,
  keepAlive: 0,
  connectTimeout: 20_000,
  minDelay: 500,
  maxDelay: 30_000,
}

/** The options with their defaults put in. @throws ERR_BAD_OPTION */
export function verifyConnectionOptions(given: WebSocketConnectionOptions): VerifiedConnectionOptions {
  const { initiator, closeTimeout = defaults.closeTimeout, keepAlive = defaults.keepAlive } = given
  if (initiator !== undefined && typeof initiator !== 'boolean') {
    throw new Replic8Error('ERR_BAD_OPTION', 'initiator must be true or false.')
  }
  verifyTimeout('closeTimeout', closeTimeout)
  verifyNumber('keepAlive', keepAlive, 0, longestTimeout)
  return { initiator, closeTimeout, keepAlive }
}

/** The options with their defaults put in. @throws ERR_BAD_OPTION */
export function verifyWebSocketOptions(given: WebSocketOptions): VerifiedWebSocketOptions {
  const { closeTimeout, keepAlive } = verifyConnectionOptions(given)
  const { connectTimeout = defaults.connectTimeout, WebSocket } = given
  const { minDelay = defaults.minDelay, maxDelay = Math.max(defaults.maxDelay, minDelay) } = given
  verifyTimeout('connectTimeout', connectTimeout)
  verifyTimeout('minDelay', minDelay)
  verifyNumber('maxDelay', maxDelay, minDelay, longestTimeout)
  if (WebSocket !== undefined) webSocketHere(WebSocket)
  return { closeTimeout, keepAlive, connectTimeout, minDelay, maxDelay, WebSocket }
}

/** Read at the start and not before: a module that is imported on a server must not need what a page has. */
export function webSocketHere(given: WebSocketClass | undefined): WebSocketClass {
  const found = given ?? ownWebSocket()
  if (typeof found === 'function') return found as WebSocketClass
  throw new Replic8Error(
    'ERR_BAD_OPTION',
    given === undefined
      ? 'There is no WebSocket here: pass the one of the package ws as WebSocket.'
      : 'WebSocket must be a class, such as WebSocket of the package ws.',
  )
}

/** The most servers that one transport can know. */
const mostUrls = 64

/** The URLs as they are dialled. @throws ERR_BAD_OPTION */
export function verifyUrls(given: string | readonly string[]): string[] {
  const urls = typeof given === 'string' ? [given] : given
  if (!Array.isArray(urls) || urls.length < 1 || urls.length > mostUrls) {
    throw new Replic8Error('ERR_BAD_OPTION', `url must be a URL, or an array of 1 to ${mostUrls} of them.`)
  }
  return urls.map((url) => {
    const parsed = parseUrl(url)
    if (parsed && /^wss?:$/.test(parsed.protocol) && parsed.hash === '') return parsed.href
    throw new Replic8Error('ERR_BAD_OPTION', 'url must begin with ws:// or wss:// and have no fragment.')
  })
}

function parseUrl(url: unknown): URL | undefined {
  try {
    return new URL(String(url))
  } catch {
    return undefined
  }
}
