import type { SignalRoom, TransportTarget } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { randomId } from './random-id.ts'
import { Redials } from './redials.ts'
import type { RtcSignal } from './rtc-link.ts'
import { readSignalMessage, type SignalMessage } from './signal-message.ts'
import { WebRtcCall } from './webrtc-call.ts'
import type { WebRtcConnection } from './webrtc-connection.ts'
import type { VerifiedWebRtcOptions } from './webrtc-options.ts'

/** More peers than this that wait for a free place are forgotten: their number is what a signal says it is. */
const mostWaiting = 1_024

/** The calls of one end within one topic, from start to stop. Of two ends the one with the lower id calls. */
export class WebRtcRoom {
  readonly #id = randomId()
  readonly #options: VerifiedWebRtcOptions
  readonly #to: TransportTarget
  readonly #signal: SignalRoom
  readonly #calls = new Map<string, WebRtcCall>()
  /** Peers that there was no place for. */
  readonly #waiting = new Set<string>()
  readonly #redials = new Redials()
  #left = false

  /** @throws what the signal's `join` throws */
  constructor(options: VerifiedWebRtcOptions, to: TransportTarget) {
    this.#options = options
    this.#to = to
    this.#signal = options.signal.join(to.topic, this.#id, {
      peer: (id) => this.#meet(id),
      gone: (id) => this.#forget(id),
      message: (from, data) => this.#take(from, data),
    })
  }

  /** Closes every connection, and resolves when all of them are over. */
  async leave(): Promise<void> {
    const connections = this.#depart()
    for (const connection of connections) connection.close()
    await Promise.all(connections.map((connection) => connection.over))
  }

  /** The page goes away: there is no time to close anything. */
  vanish(): void {
    for (const remote of this.#calls.keys()) this.#say(remote, { type: 'bye' })
    for (const connection of this.#depart()) {
      connection.abort(new Replic8Error('ERR_CONNECTION', 'The page was left.'))
    }
  }

  #depart(): WebRtcConnection[] {
    this.#left = true
    this.#signal.leave()
    this.#redials.clear()
    const calls = [...this.#calls.values()]
    for (const call of calls) if (!call.connection) call.drop()
    return calls.flatMap((call) => call.connection ?? [])
  }

  #meet(id: string): void {
    if (this.#left || id === this.#id || this.#calls.has(id)) return
    if (this.#calls.size >= this.#options.maxPeers) this.#wait(id)
    else if (this.#id < id) this.#open(id, randomId(), true)
  }

  #wait(id: string): void {
    if (this.#waiting.size < mostWaiting) this.#waiting.add(id)
  }

  #forget(id: string): void {
    this.#waiting.delete(id)
    this.#redials.forget(id)
    const call = this.#calls.get(id)
    // A signal that lost sight of a peer says nothing about a connection that stands.
    if (call && !call.connection) call.drop()
  }

  #take(from: string, data: unknown): void {
    if (this.#left || from === this.#id) return
    const message = readSignalMessage(data)
    if (!message) {
      this.#to.onproblem(new Replic8Error('ERR_SIGNAL', `The peer ${from} sent an unusable signal.`))
      return
    }
    if (message.type === 'call') this.#meet(from)
    else if (message.type === 'bye') this.#calls.get(from)?.cut('The page of the peer was left.')
    else if (message.type === 'full') this.#takeFull(from, message.attempt)
    else this.#takeSignal(from, message.attempt, message.signal)
  }

  #takeFull(from: string, attempt: string): void {
    const call = this.#calls.get(from)
    // It keeps this end in mind and asks for an offer when it has a free place.
    if (call?.attempt === attempt && call.initiator && !call.connection) call.drop()
  }

  #takeSignal(from: string, attempt: string, signal: RtcSignal): void {
    const call = this.#calls.get(from)
    if (call?.attempt === attempt && signal.type !== 'offer') call.signal(signal)
    else if (signal.type === 'offer' && call?.attempt !== attempt && from < this.#id)
      this.#takeOffer(from, attempt, signal)
  }

  #takeOffer(from: string, attempt: string, offer: RtcSignal): void {
    // The peer begins anew, so it has given up what stood here.
    this.#calls.get(from)?.cut('The peer connected anew.')
    if (this.#calls.size < this.#options.maxPeers) {
      this.#open(from, attempt, false).signal(offer)
      return
    }
    this.#wait(from)
    this.#say(from, { type: 'full', attempt })
  }

  #open(remote: string, attempt: string, initiator: boolean): WebRtcCall {
    this.#waiting.delete(remote)
    const call = new WebRtcCall(
      { ...this.#options, remote, attempt, initiator },
      {
        onsignal: (signal) => this.#say(remote, { type: 'signal', attempt, signal }),
        onconnection: (connection) => this.#hand(call, connection),
        onover: ({ failed, lost }) => {
          this.#release(call)
          if (this.#left) return
          if (failed) this.#to.onproblem(failed)
          if (lost && initiator) this.#meet(remote)
          else if (failed && initiator) this.#redials.later(remote, () => this.#meet(remote))
          this.#fillPlaces()
        },
      },
    )
    this.#calls.set(remote, call)
    return call
  }

  #hand(call: WebRtcCall, connection: WebRtcConnection): void {
    this.#redials.forget(call.remote)
    // A place is free as soon as its connection is over, however that came about.
    connection.over.then(() => call.drop())
    try {
      this.#to.onconnection(connection)
    } catch (error) {
      const failed = toReplic8Error(error, 'ERR_HANDLER_FAILED')
      connection.abort(failed)
      this.#to.onproblem(failed)
    }
  }

  #release(call: WebRtcCall): void {
    if (this.#calls.get(call.remote) === call) this.#calls.delete(call.remote)
  }

  #fillPlaces(): void {
    for (const id of this.#waiting) {
      if (this.#calls.size >= this.#options.maxPeers) return
      this.#waiting.delete(id)
      if (this.#id < id) this.#open(id, randomId(), true)
      else this.#say(id, { type: 'call' })
    }
  }

  #say(to: string, message: SignalMessage): void {
    try {
      this.#signal.send(to, message)
    } catch (error) {
      this.#to.onproblem(toReplic8Error(error, 'ERR_SIGNAL'))
    }
  }
}
