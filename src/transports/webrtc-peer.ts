import type { Connection } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { randomId } from './random-id.ts'
import type { Redials } from './redials.ts'
import type { RtcSignal } from './rtc-link.ts'
import type { SignalMessage } from './signal-message.ts'
import { WebRtcCall } from './webrtc-call.ts'
import type { WebRtcConnection } from './webrtc-connection.ts'
import type { VerifiedWebRtcOptions } from './webrtc-options.ts'
import { whenOver } from './when-over.ts'

export interface WebRtcPeerHooks {
  say(message: SignalMessage): void
  /** A connection for the owner, which is called again when a better one stands beside it. */
  onconnection(connection: Connection): void
  /** The first connection stands. */
  onopen(): void
  /** Left out: there is no relay. */
  askRelay?: (() => void) | undefined
  onproblem(err: Replic8Error): void
  /**
   * The place is free. `failed`: there was no connection, or an end aborted it. `lost`: the network dropped it. `closed`:
   * an end did not need it any more.
   */
  onover(outcome: 'failed' | 'lost' | 'closed'): void
}

/** Milliseconds that the owner of a connection has to finish when its place is needed. */
const patience = 10_000
/** Milliseconds that a connection has to stand for its peer to be one that can be reached. */
const standsAfter = 10_000

/**
 * The place of one peer: what is done to reach it, and the connections that come of it. Where no direct one stands
 * in time, there is one by relay; the direct way is tried on, and taken beside the relay as soon as there is one.
 */
export class WebRtcPeer {
  readonly remote: string
  /** This end did the first step, and is the one to do it again. */
  tries = false
  readonly #dials: boolean
  readonly #options: VerifiedWebRtcOptions
  readonly #redials: Redials
  readonly #hooks: WebRtcPeerHooks
  #call: WebRtcCall | undefined
  #relay: { connection: Connection; over: Promise<void> } | undefined
  #relayState: 'unasked' | 'asked' | 'refused' = 'unasked'
  #relayTimer: ReturnType<typeof setTimeout> | undefined
  /** Until the peer has answered, or a retired connection has closed. */
  #deadline: ReturnType<typeof setTimeout> | undefined
  /** When the first connection stood. */
  #since = Infinity
  #leaving = false
  #over = false

  /** @param dials whether this end is the one of the two that calls */
  constructor(
    remote: string,
    dials: boolean,
    options: VerifiedWebRtcOptions,
    redials: Redials,
    hooks: WebRtcPeerHooks,
  ) {
    this.remote = remote
    this.#dials = dials
    this.#options = options
    this.#redials = redials
    this.#hooks = hooks
  }

  /** The direct connection. */
  get direct(): WebRtcConnection | undefined {
    return this.#call?.connection
  }

  get open(): boolean {
    return this.direct !== undefined || this.#relay !== undefined
  }

  /** It was connected for long enough to try again at once should it fail. */
  get stood(): boolean {
    return performance.now() - this.#since >= standsAfter
  }

  /** Names the call that is under way or connected. */
  get attempt(): string | undefined {
    return this.#call?.attempt
  }

  /** The peer was told that there is a place, and does the next step. */
  wait(): void {
    this.#setDeadline(this.#options.connectTimeout, () => this.#finish('failed'))
  }

  dial(relayAfter: number): void {
    this.tries = true
    clearTimeout(this.#deadline)
    this.#openCall(randomId(), true)
    if (this.#canRelay()) this.#relayTimer = setTimeout(() => this.#askRelay(), relayAfter)
  }

  /** Takes an offer; what stood before is nothing to the peer any more. */
  answer(attempt: string, offer: RtcSignal): void {
    clearTimeout(this.#deadline)
    const before = this.#call
    this.#call = undefined
    before?.cut('The peer connected anew.')
    this.#openCall(attempt, false).signal(offer)
  }

  /** Takes an answer or a candidate. */
  signal(attempt: string, signal: RtcSignal): void {
    if (this.#call?.attempt === attempt) this.#call.signal(signal)
  }

  /** Whether a refusal means what there is with this peer now. */
  concerns(attempt: string | undefined): boolean {
    if (attempt !== undefined) return this.#call?.attempt === attempt
    return !this.direct && (!this.#call || this.#relay !== undefined)
  }

  takeRelay(connection: Connection): void {
    if (this.#over || this.#leaving || this.direct) {
      connection.close()
      return
    }
    this.#stopTimers()
    this.#relayState = 'unasked'
    const before = this.#relay?.connection
    this.#relay = { connection, over: Promise.resolve() }
    before?.abort(new Replic8Error('ERR_CONNECTION', 'The peer connected anew.'))
    this.#hooks.onconnection(connection)
    this.#relay.over = whenOver(connection, (err) => this.#relayOver(connection, err))
    this.#opened()
    if (!this.#call) this.#tryDirectly()
  }

  norelay(err: Error): void {
    if (this.#over || this.#relayState !== 'asked') return
    this.#relayState = 'refused'
    clearTimeout(this.#deadline)
    this.#hooks.onproblem(
      new Replic8Error('ERR_RELAY', `There is no relay to the peer ${this.remote}.`, { cause: err }),
    )
    if (!this.#call) this.#finish('failed')
  }

  /** The signal shows the peer again: a direct connection can be arranged. */
  seen(): void {
    if (this.#relay && !this.#call && !this.#leaving) this.#tryDirectly()
  }

  /** The place is needed: the owner finishes, and closes. */
  retire(): void {
    this.#leaving = true
    this.#stopTimers()
    this.#redials.forget(this.remote)
    if (!this.direct) this.#dropCall()
    const connections = this.#connections()
    this.#setDeadline(patience, () => {
      for (const connection of connections) connection.close()
    })
    for (const connection of connections) {
      if (connection.onretire) connection.onretire()
      else connection.close()
    }
  }

  /** Gives up without a word what has not connected yet. */
  drop(): void {
    this.#end()
    this.#dropCall()
  }

  /** Closes what stands and resolves when it is over. Nothing more is told. */
  async leave(): Promise<void> {
    this.#end()
    const over = [this.direct?.over, this.#relay?.over]
    for (const connection of this.#connections()) connection.close()
    if (!this.direct) this.#dropCall()
    await Promise.all(over)
  }

  /** What stands is over for certain. */
  cut(reason: string, outcome: 'lost' | 'closed'): void {
    const connections = this.#connections()
    const { direct } = this
    for (const connection of connections) connection.abort(new Replic8Error('ERR_CONNECTION', reason))
    if (!direct) this.#dropCall()
    this.#finish(outcome)
  }

  #connections(): Connection[] {
    return [this.direct, this.#relay?.connection].filter((connection) => connection !== undefined)
  }

  #openCall(attempt: string, initiator: boolean): WebRtcCall {
    const { remote } = this
    const call = new WebRtcCall(
      { ...this.#options, remote, attempt, initiator },
      {
        onsignal: (signal) => this.#hooks.say({ type: 'signal', attempt, signal }),
        onconnection: (connection) => this.#directly(call, connection),
        onover: (outcome) => this.#callOver(call, outcome),
      },
    )
    this.#call = call
    return call
  }

  #directly(call: WebRtcCall, connection: WebRtcConnection): void {
    this.#stopTimers()
    this.#relayState = 'unasked'
    // A place is free as soon as its connection is over, however that came about.
    connection.over.then(() => call.drop())
    this.#hooks.onconnection(connection)
    this.#opened()
  }

  #opened(): void {
    this.#since = Math.min(this.#since, performance.now())
    this.#redials.reached(this.remote)
    this.#hooks.onopen()
  }

  #callOver(call: WebRtcCall, { failed, lost }: { failed?: Replic8Error; lost: boolean }): void {
    if (this.#call !== call) return
    this.#call = undefined
    if (this.#over) return
    if (this.#relay) {
      // With a relay it is no trouble that the direct way is missing, and it may come to be: networks change.
      if (failed || lost) this.#tryDirectly()
    } else if (call.connection) this.#finish(lost ? 'lost' : call.connection.error ? 'failed' : 'closed')
    else if (this.#relayState === 'unasked' && this.#canRelay()) this.#askRelay()
    else if (this.#relayState !== 'asked') this.#fail(failed)
  }

  #relayOver(connection: Connection, err: Error | undefined): void {
    if (this.#relay?.connection !== connection) return
    this.#relay = undefined
    // A direct connection stands, or is about to.
    if (this.#over || this.#call) return
    // What the owner itself aborts with has a code of its own.
    const lost = err instanceof Replic8Error && err.code === 'ERR_CONNECTION'
    this.#finish(lost ? 'lost' : err ? 'failed' : 'closed')
  }

  #tryDirectly(): void {
    if (!this.#dials || this.#leaving) return
    this.#redials.always(this.remote, () => {
      if (this.#relay && !this.#call && !this.#leaving && !this.#over) this.#openCall(randomId(), true)
    })
  }

  #canRelay(): boolean {
    return this.#dials && this.#options.relay && !this.#relay && this.#hooks.askRelay !== undefined
  }

  #askRelay(): void {
    clearTimeout(this.#relayTimer)
    this.#relayState = 'asked'
    const { connectTimeout } = this.#options
    this.#setDeadline(connectTimeout, () => {
      this.norelay(new Error(`The signal did not answer within ${connectTimeout} ms.`))
    })
    this.#hooks.askRelay?.()
  }

  #setDeadline(ms: number, run: () => void): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(run, ms)
  }

  #stopTimers(): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#relayTimer)
  }

  #dropCall(): void {
    const call = this.#call
    this.#call = undefined
    call?.drop()
  }

  #fail(failed: Replic8Error | undefined): void {
    if (failed) this.#hooks.onproblem(failed)
    this.#finish('failed')
  }

  #finish(outcome: 'failed' | 'lost' | 'closed'): void {
    if (this.#over) return
    this.#end()
    this.#hooks.onover(outcome)
  }

  #end(): void {
    this.#over = true
    this.#stopTimers()
  }
}
