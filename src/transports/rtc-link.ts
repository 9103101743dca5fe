/** One data channel over WebRTC, by way of simple-peer 9: the only file that names it, and that knows its inside. */
import SimplePeer from 'simple-peer'

/** What `@roamhq/wrtc` and others give a process that has no WebRTC of its own. */
export interface WebRtcImplementation {
  RTCPeerConnection: unknown
  RTCSessionDescription: unknown
  RTCIceCandidate: unknown
}

export interface RtcDescription {
  type: 'offer' | 'answer'
  sdp: string
}

export interface RtcCandidate {
  type: 'candidate'
  candidate: { candidate: string; sdpMid: string | null; sdpMLineIndex: number | null }
}

export type RtcSignal = RtcDescription | RtcCandidate

export interface RtcLinkOptions {
  initiator: boolean
  iceServers: readonly RTCIceServer[]
  wrtc?: WebRtcImplementation | undefined
  /** `onlow` is called when this many bytes or fewer are left of what was sent. */
  lowWaterMark: number
}

export interface RtcLinkEvents {
  /** For the other end. */
  onsignal(signal: RtcSignal): void
  onconnect(): void
  /** Text or bytes, as they were sent. */
  onmessage(message: string | Uint8Array): void
  onlow(): void
  /** Once, also after `destroy`. `lost`: the network stopped carrying anything, rather than one end ending it. */
  onover(err: Error | undefined, lost: boolean): void
}

/** Larger messages block the channel for all others, and some browsers refuse them. A block of 64 KiB and its proof are one. */
const largestMessage = 69_632
/** What every browser takes, also one that does not say. */
const smallestMessage = 65_536

/** The part of simple-peer's peer that is used; the names with an underscore are not its public API. */
interface Peer {
  readonly bufferSize: number
  readonly _channel: RTCDataChannel | null
  readonly _pc: RTCPeerConnection | null
  readonly _iceCompleteTimer: ReturnType<typeof setTimeout> | null
  on(event: string, handler: (argument: never) => void): void
  signal(data: RtcSignal): void
  send(message: string | Uint8Array): void
  destroy(error?: Error): void
}

export class RtcLink {
  /** The largest message that `send` takes, in bytes; known once connected. */
  messageBytes = smallestMessage
  readonly #peer: Peer
  readonly #lowWaterMark: number
  /** Set where the channel does not tell by itself that it has room again: `@roamhq/wrtc` 0.10. */
  #watch: (() => void) | undefined
  #poll: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(options: RtcLinkOptions, events: RtcLinkEvents) {
    this.#peer = new SimplePeer({
      initiator: options.initiator,
      config: { iceServers: options.iceServers },
      wrtc: options.wrtc,
      // Text stays text this way: it is what tells the end of a connection from its bytes.
      objectMode: true,
    }) as Peer
    this.#lowWaterMark = options.lowWaterMark
    const peer = this.#peer
    let failure: (Error & { code?: string }) | undefined
    peer.on('signal', (signal: RtcSignal) => events.onsignal(signal))
    peer.on('connect', () => this.#connected(events))
    peer.on('iceStateChange', (state: RTCIceConnectionState) => this.#takeState(state))
    peer.on('error', (error: Error) => {
      failure = error
    })
    peer.on('close', () => {
      // simple-peer leaves this one running for five seconds.
      if (peer._iceCompleteTimer !== null) clearTimeout(peer._iceCompleteTimer)
      clearTimeout(this.#poll)
      clearTimeout(this.#silence)
      events.onover(failure, failure?.code !== undefined && lostCodes.has(failure.code))
    })
  }

  /** Bytes that were sent and have not left yet. */
  get bufferedBytes(): number {
    return this.#peer.bufferSize
  }

  /** Takes a signal of the other end's. May throw on one that makes no sense. */
  signal(signal: RtcSignal): void {
    this.#peer.signal(signal)
  }

  /** Sends one message of at most `messageBytes`. Throws when the channel is closed. */
  send(message: string | Uint8Array): void {
    this.#peer.send(message)
    if (this.#watch && this.bufferedBytes > this.#lowWaterMark) this.#pollLow()
  }

  /**
   * Closes the channel alone; `onover` follows when the other end has closed it too. To destroy everything at once
   * sends a single packet, and an end that misses it takes many seconds to notice.
   */
  close(): void {
    this.#peer._channel?.close()
  }

  destroy(): void {
    this.#peer.destroy()
  }

  #connected(events: RtcLinkEvents): void {
    const channel = this.#peer._channel as RTCDataChannel
    this.messageBytes = messageBytesOf(this.#peer._pc)
    if ('bufferedAmountLowThreshold' in channel) {
      channel.bufferedAmountLowThreshold = this.#lowWaterMark
      channel.addEventListener('bufferedamountlow', () => events.onlow())
    } else this.#watch = () => events.onlow()
    events.onconnect()
    // Only now: simple-peer keeps what arrived before, and the owner has set its handlers.
    this.#peer.on('data', (message: string | Uint8Array) => events.onmessage(message))
  }

  /** The browser goes on trying for long, but whoever uses the connection takes it for dead before. */
  #takeState(state: RTCIceConnectionState): void {
    clearTimeout(this.#silence)
    if (state !== 'disconnected') return
    this.#silence = setTimeout(() => {
      const error = new Error('The network carries nothing any more.')
      this.#peer.destroy(Object.assign(error, { code: disconnectedCode }))
    }, lostAfter)
  }

  #pollLow(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined
      if (this.bufferedBytes > this.#lowWaterMark) this.#pollLow()
      else this.#watch?.()
    }, pollEvery)
  }
}

/** Milliseconds. */
const pollEvery = 2

/**
 * Milliseconds that ICE is disconnected before the connection is lost. Chromium says that it is 5 to 8 s after the last
 * packet, and that it failed only after 15 to 17 s; a session that hears nothing for 20 s, and is asked every 10 s
 * whether it still does, may be ended 10 s after the last packet, and its peer is then called later than a lost one.
 */
const lostAfter = 2_000

const disconnectedCode = 'ERR_ICE_DISCONNECTED'
const lostCodes = new Set(['ERR_ICE_CONNECTION_FAILURE', 'ERR_CONNECTION_FAILURE', disconnectedCode])

/** 0 means that the other end takes any size; some implementations do not say. */
function messageBytesOf(pc: RTCPeerConnection | null): number {
  const largest = pc?.sctp?.maxMessageSize
  return largest ? Math.min(largest, largestMessage) : smallestMessage
}
