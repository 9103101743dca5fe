import type { Signal } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import type { WebRtcImplementation } from './rtc-link.ts'
import { verifyNumber, verifyTimeout } from './verify-options.ts'

export interface WebRtcOptions {
  /**
   * How the ends find each other: `broadcastSignal()`, one of your own, or several at once. A peer is there while any
   * of them shows it.
   */
  signal: Signal | readonly Signal[]
  /**
   * STUN and TURN servers, as RTCPeerConnection takes them. Default none: ends on one machine or one local network
   * connect, others mostly need a STUN server, and some a TURN server.
   */
  iceServers?: readonly RTCIceServer[]
  /** WebRTC for a process that has none of its own: the module `@roamhq/wrtc`. Default: the page's. */
  wrtc?: WebRtcImplementation
  /**
   * Peers that this end is connected with or tries to be, at most; one more for the moment in which one takes the place
   * of another. From 2 on all ends of a topic are connected with each other, if by way of others. Default 8.
   */
  maxPeers?: number
  /** Whether bytes may go through the signal's server, where it relays, while there is no direct way. Default true. */
  relay?: boolean
  /** Milliseconds after which a peer that has not connected is connected by relay. Default 5,000. */
  relayAfter?: number
  /** Milliseconds from the first signal to the connection, after which a peer is given up. Default 20,000. */
  connectTimeout?: number
  /** Milliseconds that a closing connection waits for the other end while nothing moves. Default 10,000. */
  closeTimeout?: number
}

export type VerifiedWebRtcOptions = Required<Omit<WebRtcOptions, 'signal' | 'wrtc'>> &
  Pick<WebRtcOptions, 'wrtc'> & { signals: readonly Signal[] }

const defaults = {
  iceServers: [],
  maxPeers: 8,
  relay: true,
  relayAfter: 5_000,
  connectTimeout: 20_000,
  closeTimeout: 10_000,
}

/** More signals than anybody has. */
const mostSignals = 64

/**
 * The options with their defaults put in.
 * @throws ERR_BAD_OPTION
 */
export function verifyWebRtcOptions(given: WebRtcOptions): VerifiedWebRtcOptions {
  const { signal, ...options } = { ...defaults, ...definedOf(given) }
  const signals = verifySignals(signal)
  if (!Array.isArray(options.iceServers)) {
    throw new Replic8Error('ERR_BAD_OPTION', 'iceServers must be an array of { urls }.')
  }
  verifyNumber('maxPeers', options.maxPeers, 1, 256)
  if (typeof options.relay !== 'boolean') {
    throw new Replic8Error('ERR_BAD_OPTION', 'relay must be true or false.')
  }
  verifyTimeout('relayAfter', options.relayAfter)
  verifyTimeout('connectTimeout', options.connectTimeout)
  verifyTimeout('closeTimeout', options.closeTimeout)
  if (options.wrtc !== undefined) verifyWebRtcHere(options.wrtc)
  return { ...options, signals }
}

function verifySignals(given: unknown): readonly Signal[] {
  const signals: readonly Signal[] = Array.isArray(given) ? [...given] : [given]
  const usable = signals.every((signal) => typeof signal?.join === 'function')
  if (usable && signals.length > 0 && signals.length <= mostSignals) return signals
  throw new Replic8Error(
    'ERR_BAD_OPTION',
    `signal must be a Signal, such as broadcastSignal(), or an array of 1 to ${mostSignals} of them.`,
  )
}

/** Read at the start and not before: a module that is imported on a server must not need what a page has. */
export function verifyWebRtcHere(wrtc: WebRtcImplementation | undefined): void {
  const found = wrtc ?? (globalThis as Partial<WebRtcImplementation>)
  if (typeof found?.RTCPeerConnection === 'function') return
  throw new Replic8Error(
    'ERR_BAD_OPTION',
    wrtc
      ? 'wrtc must hold RTCPeerConnection, RTCSessionDescription and RTCIceCandidate.'
      : 'There is no WebRTC here: run it in a page, or pass the module @roamhq/wrtc as wrtc.',
  )
}

/** Without what was left out by writing `undefined`. */
function definedOf(options: WebRtcOptions): WebRtcOptions {
  return Object.fromEntries(
    Object.entries(options ?? {}).filter(([, value]) => value !== undefined),
  ) as unknown as WebRtcOptions
}
