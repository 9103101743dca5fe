import type { Signal } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import type { WebRtcImplementation } from './rtc-link.ts'
import { verifyNumber, verifyTimeout } from './verify-options.ts'

export interface WebRtcOptions {
  /** How the ends find each other: `broadcastSignal()`, or one of your own. */
  signal: Signal
  /**
   * STUN and TURN servers, as RTCPeerConnection takes them. Default none: ends on one machine or one local network
   * connect, others mostly need a STUN server, and some a TURN server.
   */
  iceServers?: readonly RTCIceServer[]
  /** WebRTC for a process that has none of its own: the module `@roamhq/wrtc`. Default: the page's. */
  wrtc?: WebRtcImplementation
  /** Connections and attempts at the same time, at most. Default 8. */
  maxPeers?: number
  /** Milliseconds from the first signal to the connection, after which a peer is given up. Default 20,000. */
  connectTimeout?: number
  /** Milliseconds that a closing connection waits for the other end while nothing moves. Default 10,000. */
  closeTimeout?: number
}

export type VerifiedWebRtcOptions = Required<Omit<WebRtcOptions, 'wrtc'>> & Pick<WebRtcOptions, 'wrtc'>

const defaults = { iceServers: [], maxPeers: 8, connectTimeout: 20_000, closeTimeout: 10_000 }

/**
 * The options with their defaults put in.
 * @throws ERR_BAD_OPTION
 */
export function verifyWebRtcOptions(given: WebRtcOptions): VerifiedWebRtcOptions {
  const options = { ...defaults, ...definedOf(given) }
  if (typeof options.signal?.join !== 'function') {
    throw new Replic8Error('ERR_BAD_OPTION', 'signal must be a Signal, such as broadcastSignal().')
  }
  if (!Array.isArray(options.iceServers)) {
    throw new Replic8Error('ERR_BAD_OPTION', 'iceServers must be an array of { urls }.')
  }
  verifyNumber('maxPeers', options.maxPeers, 1, 256)
  verifyTimeout('connectTimeout', options.connectTimeout)
  verifyTimeout('closeTimeout', options.closeTimeout)
  if (options.wrtc !== undefined) verifyWebRtcHere(options.wrtc)
  return options
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
