import { Replic8Error, toReplic8Error } from '../errors.ts'
import { lowWaterMark } from './message-connection.ts'
import { RtcLink, type RtcSignal, type WebRtcImplementation } from './rtc-link.ts'
import { WebRtcConnection } from './webrtc-connection.ts'

export interface WebRtcCallOptions {
  /** The id of the other end. */
  remote: string
  /** Names this try to connect. */
  attempt: string
  initiator: boolean
  iceServers: readonly RTCIceServer[]
  wrtc?: WebRtcImplementation | undefined
  /** Milliseconds. */
  connectTimeout: number
  closeTimeout: number
}

export interface WebRtcCallEvents {
  onsignal(signal: RtcSignal): void
  onconnection(connection: WebRtcConnection): void
  /** Once. `failed`: there never was a connection, and nobody wanted it so. `lost`: the network dropped it. */
  onover(outcome: { failed?: Replic8Error; lost: boolean }): void
}

/** More candidates than any honest end has; each costs memory until the description is there. */
const mostCandidates = 128

/** One try to connect with one peer, and the connection that comes of it. */
export class WebRtcCall {
  readonly remote: string
  readonly attempt: string
  readonly initiator: boolean
  connection: WebRtcConnection | undefined
  readonly #link: RtcLink
  readonly #events: WebRtcCallEvents
  readonly #closeTimeout: number
  readonly #deadline: ReturnType<typeof setTimeout>
  /** Candidates found before the offer left: an answering end could not place them. */
  #early: RtcSignal[] | undefined = []
  #candidates = 0
  #over = false

  constructor(options: WebRtcCallOptions, events: WebRtcCallEvents) {
    this.remote = options.remote
    this.attempt = options.attempt
    this.initiator = options.initiator
    this.#closeTimeout = options.closeTimeout
    this.#events = events
    this.#link = new RtcLink(
      { ...options, lowWaterMark },
      {
        onsignal: (signal) => this.#sendSignal(signal),
        onconnect: () => this.#connect(),
        onmessage: (message) => this.connection?.takeMessage(message),
        onlow: () => this.connection?.takeProgress(),
        onover: (err, lost) => this.#end(err, lost),
      },
    )
    this.#deadline = setTimeout(() => {
      this.#fail(`The peer ${options.remote} did not connect within ${options.connectTimeout} ms.`)
    }, options.connectTimeout)
  }

  /** Takes a description or candidate of the other end. */
  signal(signal: RtcSignal): void {
    if (this.#over || this.connection) return
    if (signal.type === 'candidate' && ++this.#candidates > mostCandidates) return
    try {
      this.#link.signal(signal)
    } catch (error) {
      this.#fail(`The peer ${this.remote} sent a description that cannot be used.`, error)
    }
  }

  /** Lets go without a word to anybody: the peer left, or said that it takes no more. */
  drop(): void {
    this.#finish({ lost: false })
  }

  /** The peer is gone for certain: what stood with it is over now. */
  cut(reason: string): void {
    this.connection?.abort(new Replic8Error('ERR_CONNECTION', reason))
    this.drop()
  }

  #sendSignal(signal: RtcSignal): void {
    if (this.#over) return
    if (signal.type === 'candidate' && this.#early) {
      this.#early.push(signal)
      return
    }
    this.#events.onsignal(signal)
    const early = this.#early ?? []
    this.#early = undefined
    for (const candidate of early) this.#events.onsignal(candidate)
  }

  #connect(): void {
    if (this.#over) return
    clearTimeout(this.#deadline)
    this.connection = new WebRtcConnection(this.#link, {
      initiator: this.initiator,
      closeTimeout: this.#closeTimeout,
    })
    this.#events.onconnection(this.connection)
  }

  #fail(detail: string, cause?: unknown): void {
    this.#finish({ failed: new Replic8Error('ERR_CONNECTION', detail, { cause }), lost: false })
  }

  #end(err: Error | undefined, lost: boolean): void {
    this.connection?.takeOver(err)
    if (this.connection) this.#finish({ lost })
    else if (err) this.#finish({ failed: toReplic8Error(err, 'ERR_CONNECTION'), lost: false })
    else this.#fail(`The peer ${this.remote} went away while connecting.`)
  }

  #finish(outcome: { failed?: Replic8Error; lost: boolean }): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#deadline)
    this.#link.destroy()
    this.#events.onover(outcome)
  }
}
