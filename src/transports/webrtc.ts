import type { Transport, TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { verify32Bytes } from './verify-options.ts'
import {
  type VerifiedWebRtcOptions,
  verifyWebRtcHere,
  verifyWebRtcOptions,
  type WebRtcOptions,
} from './webrtc-options.ts'
import { WebRtcRoom } from './webrtc-room.ts'

export type { WebRtcImplementation } from './rtc-link.ts'
export type { WebRtcOptions } from './webrtc-options.ts'

/**
 * Connects with the peers of its topic that `signal` shows, over a WebRTC data channel each: with all of them while
 * `maxPeers` allows it, and otherwise with so many that all are connected by way of others.
 *
 * Where there is no direct way and the signal's server relays, there is a connection of kind 'relay', and beside it a
 * direct one as soon as there can be. A peer that cannot be reached is reported (`onproblem`, ERR_CONNECTION or
 * ERR_RELAY) and called again, later and later. A connection that the network lost is made anew.
 * `start` throws ERR_BAD_OPTION where there is no WebRTC, and what the signal's `join` throws.
 * @throws ERR_BAD_OPTION
 */
export function webrtc(options: WebRtcOptions): Transport {
  return new WebRtcTransport(verifyWebRtcOptions(options))
}

class WebRtcTransport implements Transport {
  readonly #options: VerifiedWebRtcOptions
  #target: TransportTarget | undefined
  #room: WebRtcRoom | undefined

  constructor(options: VerifiedWebRtcOptions) {
    this.#options = options
  }

  start(to: TransportTarget): void {
    if (this.#target) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
    verify32Bytes('topic', to.topic)
    verifyWebRtcHere(this.#options.wrtc)
    this.#room = new WebRtcRoom(this.#options, to)
    this.#target = to
    listenToPage('addEventListener', this.#onpage)
  }

  async stop(): Promise<void> {
    const room = this.#room
    this.#room = undefined
    this.#target = undefined
    listenToPage('removeEventListener', this.#onpage)
    await room?.leave()
  }

  /** A page that is left cannot wait for anything; one that comes back out of the browser's cache begins anew. */
  readonly #onpage = (event: PageTransitionEvent): void => {
    if (event.type === 'pagehide') {
      this.#room?.vanish()
      this.#room = undefined
    } else if (event.persisted && this.#target && !this.#room) {
      this.#room = new WebRtcRoom(this.#options, this.#target)
    }
  }
}

function listenToPage(
  method: 'addEventListener' | 'removeEventListener',
  handler: (event: PageTransitionEvent) => void,
): void {
  if (typeof window === 'undefined') return
  window[method]('pagehide', handler as EventListener)
  window[method]('pageshow', handler as EventListener)
}
