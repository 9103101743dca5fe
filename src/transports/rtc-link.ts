/** One data channel over WebRTC: the only file that talks to RTCPeerConnection. Its signals are those of simple-peer 9. */

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

/** Larger messages block the channel for all others, and some browsers refuse them. */
const largestMessage = 65_536
/** Milliseconds. */
const pollEvery = 2
/** Milliseconds that a channel may take to close. */
const closesWithin = 5_000

export class RtcLink {
  /** The largest message that `send` takes, in bytes; known once connected. */
  messageBytes = largestMessage
  #pc: RTCPeerConnection | undefined
  readonly #events: RtcLinkEvents
  readonly #lowWaterMark: number
  #channel: RTCDataChannel | undefined
  /** Candidates that came before the description. */
  #early: RTCIceCandidateInit[] = []
  #described = false
  #connected = false
  /** What came before the owner could take it: the other end may be open first, and send. */
  #arrived: (string | Uint8Array)[] | undefined = []
  #over = false
  /** Set where the channel does not tell by itself that it has room again: `@roamhq/wrtc` 0.10. */
  #watches = false
  #poll: ReturnType<typeof setTimeout> | undefined
  #opening: ReturnType<typeof setTimeout> | undefined
  #closing: ReturnType<typeof setTimeout> | undefined

  constructor({ initiator, iceServers, wrtc, lowWaterMark }: RtcLinkOptions, events: RtcLinkEvents) {
    this.#events = events
    this.#lowWaterMark = lowWaterMark
    const Connection = (wrtc?.RTCPeerConnection ?? globalThis.RTCPeerConnection) as typeof RTCPeerConnection
    let pc: RTCPeerConnection
    try {
      pc = new Connection({ iceServers: [...iceServers] })
    } catch (error) {
      // A page has a few hundred at most.
      this.#end(error as Error)
      return
    }
    this.#pc = pc
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate || this.#over) return
      const { sdpMid, sdpMLineIndex } = candidate
      events.onsignal({
        type: 'candidate',
        candidate: { candidate: candidate.candidate, sdpMid, sdpMLineIndex },
      })
    }
    // Not every implementation has both; `disconnected` may pass.
    pc.oniceconnectionstatechange = () => this.#stateChanged(pc.iceConnectionState)
    pc.onconnectionstatechange = () => this.#stateChanged(pc.connectionState)
    if (initiator) {
      this.#take(pc.createDataChannel('replic8'))
      void this.#describe(pc, () => pc.createOffer())
    } else pc.ondatachannel = ({ channel }) => this.#take(channel)
  }

  /** Bytes that were sent and have not left yet. */
  get bufferedBytes(): number {
    return this.#channel?.bufferedAmount ?? 0
  }

  /** Takes a signal of the other end's; one that makes no sense is the end of the link. */
  signal(signal: RtcSignal): void {
    if (this.#over) return
    if (signal.type !== 'candidate') void this.#takeDescription(signal)
    else if (this.#described) this.#addCandidate(signal.candidate)
    else this.#early.push(signal.candidate)
  }

  /** Sends one message of at most `messageBytes`. Throws when the channel is closed. */
  send(message: string | Uint8Array): void {
    const channel = this.#channel as RTCDataChannel
    // One call for either: the types of `send` are two.
    channel.send(message as string)
    if (this.#watches && this.bufferedBytes > this.#lowWaterMark) this.#pollLow()
  }

  /**
   * Closes the channel alone; `onover` follows when the other end has closed it too. To destroy everything at once
   * sends a single packet, and an end that misses it takes many seconds to notice.
   */
  close(): void {
    this.#channel?.close()
    // Chromium leaves a channel closing for ever where the other end is gone.
    this.#closing ??= setTimeout(() => this.destroy(), closesWithin)
  }

  destroy(): void {
    this.#end()
  }

  #take(channel: RTCDataChannel): void {
    this.#channel = channel
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }) => {
      const message = typeof data === 'string' ? data : new Uint8Array(data)
      if (this.#arrived) this.#arrived.push(message)
      else if (!this.#over) this.#events.onmessage(message)
    }
    channel.onerror = (event) => {
      const { error } = event as RTCErrorEvent
      this.#end(error ?? new Error('The data channel failed.'))
    }
    channel.onclose = () => this.#end()
    // A task later: what an answering Chromium sends before that stays in `bufferedAmount` for ever. And `@roamhq/wrtc`
    // hands over a channel that is open already, and does not say so any more.
    const open = () => {
      this.#opening ??= setTimeout(() => this.#open(channel))
    }
    channel.onopen = open
    if (channel.readyState === 'open') open()
  }

  #open(channel: RTCDataChannel): void {
    if (this.#connected || this.#over) return
    this.#connected = true
    this.messageBytes = messageBytesOf(this.#pc as RTCPeerConnection)
    if ('bufferedAmountLowThreshold' in channel) {
      channel.bufferedAmountLowThreshold = this.#lowWaterMark
      channel.addEventListener('bufferedamountlow', () => this.#events.onlow())
    } else this.#watches = true
    this.#events.onconnect()
    queueMicrotask(() => {
      const arrived = this.#arrived ?? []
      this.#arrived = undefined
      for (const message of arrived) if (!this.#over) this.#events.onmessage(message)
    })
  }

  async #describe(pc: RTCPeerConnection, create: () => Promise<RTCSessionDescriptionInit>): Promise<void> {
    try {
      const { type, sdp } = await create()
      if (this.#over) return
      await pc.setLocalDescription({ type, sdp } as RtcDescription)
      if (!this.#over) this.#events.onsignal({ type, sdp } as RtcDescription)
    } catch (error) {
      this.#end(error as Error)
    }
  }

  async #takeDescription({ type, sdp }: RtcDescription): Promise<void> {
    const pc = this.#pc as RTCPeerConnection
    try {
      await pc.setRemoteDescription({ type, sdp })
    } catch (error) {
      this.#end(error as Error)
    }
    if (this.#over) return
    this.#described = true
    for (const candidate of this.#early.splice(0)) this.#addCandidate(candidate)
    if (type === 'offer') await this.#describe(pc, () => pc.createAnswer())
  }

  #addCandidate(candidate: RTCIceCandidateInit): void {
    const failed = (error: Error) => {
      // Names of the local network, which need not be known here.
      if (!candidate.candidate?.includes('.local')) this.#end(error)
    }
    try {
      this.#pc?.addIceCandidate(candidate).catch(failed)
    } catch (error) {
      failed(error as Error)
    }
  }

  #stateChanged(state: string): void {
    if (state === 'failed') this.#end(new Error('The network carries nothing to the peer.'), true)
    else if (state === 'closed') this.#end()
  }

  /** What calls this may be in the middle of something: `onover` comes later. */
  #end(error?: Error, lost = false): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#poll)
    clearTimeout(this.#opening)
    clearTimeout(this.#closing)
    try {
      this.#channel?.close()
    } finally {
      this.#pc?.close()
    }
    queueMicrotask(() => this.#events.onover(error, lost))
  }

  #pollLow(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined
      if (this.bufferedBytes > this.#lowWaterMark) this.#pollLow()
      else this.#events.onlow()
    }, pollEvery)
  }
}

/** 0 means that the other end takes any size; some implementations do not say. */
function messageBytesOf(pc: RTCPeerConnection): number {
  const largest = pc.sctp?.maxMessageSize
  return largest ? Math.min(largest, largestMessage) : largestMessage
}
