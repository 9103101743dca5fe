import type { Connection, SignalRoom, TransportTarget } from '../connection.ts'
import { Replic8Error, toReplic8Error } from '../errors.ts'
import { handOver } from './hand-over.ts'
import { Mesh, type MeshStep } from './mesh.ts'
import { randomId } from './random-id.ts'
import { Redials } from './redials.ts'
import type { RtcSignal } from './rtc-link.ts'
import { readSignalMessage, type SignalMessage } from './signal-message.ts'
import { joinSignals } from './signals.ts'
import type { VerifiedWebRtcOptions } from './webrtc-options.ts'
import { WebRtcPeer } from './webrtc-peer.ts'

/** Milliseconds. What has just been lost took less than this to connect, or there is no direct way now. */
const relayAfterLoss = 1_000

/** The peers of one end within one topic, from start to stop. Of two ends the one with the lower id calls. */
export class WebRtcRoom {
  readonly #id = randomId()
  readonly #options: VerifiedWebRtcOptions
  readonly #to: TransportTarget
  readonly #signal: SignalRoom
  /** Whom to connect with. It knows of every peer here, and of those that there is no place for. */
  readonly #mesh: Mesh
  readonly #peers = new Map<string, WebRtcPeer>()
  readonly #redials = new Redials()
  /** The peer whose connection was lost, while it is settled what to do about that. */
  #lost: string | undefined
  #joined = false
  #left = false

  /** @throws what the `join` of a signal throws */
  constructor(options: VerifiedWebRtcOptions, to: TransportTarget) {
    this.#options = options
    this.#to = to
    this.#mesh = new Mesh(this.#id, options.maxPeers)
    this.#signal = joinSignals(options.signals, to.topic, this.#id, {
      peer: (id) => this.#hear(id, () => this.#meet(id)),
      gone: (id) => this.#hear(id, () => this.#forget(id)),
      message: (from, data) => this.#hear(from, () => this.#take(from, data)),
      ...(options.relay && { relay: (id, connection) => this.#takeRelay(id, connection) }),
      norelay: (id, err) => this.#hear(id, () => this.#peers.get(id)?.norelay(err)),
      problem: (err) => {
        if (!this.#left) to.onproblem(toReplic8Error(err, 'ERR_SIGNAL'))
      },
    })
    this.#joined = true
  }

  /** Closes every connection, and resolves when all of them are over. */
  async leave(): Promise<void> {
    const peers = this.#depart()
    await Promise.all(peers.map((peer) => peer.leave()))
  }

  /** The page goes away: there is no time to close anything. */
  vanish(): void {
    for (const remote of this.#peers.keys()) this.#say(remote, { type: 'bye' })
    for (const peer of this.#depart()) peer.cut('The page was left.', 'closed')
  }

  #depart(): WebRtcPeer[] {
    this.#left = true
    this.#signal.leave()
    this.#redials.clear()
    return [...this.#peers.values()]
  }

  /** Lets the signal tell something of another, and does what the mesh makes of it. */
  #hear(id: string, tell: () => void): void {
    if (this.#left || id === this.#id) return
    // From within `join` nothing can be answered yet.
    if (!this.#joined) {
      queueMicrotask(() => this.#hear(id, tell))
      return
    }
    tell()
    this.#settle()
  }

  #settle(): void {
    while (!this.#left) {
      const step = this.#mesh.next()
      if (!step) return
      this.#do(step)
    }
  }

  #do({ do: what, id }: MeshStep): void {
    if (what === 'dial') this.#dial(id)
    else if (what === 'ask') {
      const peer = this.#place(id)
      peer.tries = true
      peer.wait()
      this.#say(id, { type: 'call' })
    } else {
      const peer = this.#peers.get(id)
      this.#sayFull(id, peer?.attempt)
      if (what === 'retire') peer?.retire()
      else this.#remove(id)
    }
  }

  #dial(id: string): void {
    const { relayAfter } = this.#options
    this.#place(id).dial(id === this.#lost ? Math.min(relayAfter, relayAfterLoss) : relayAfter)
  }

  #meet(id: string): void {
    const peer = this.#peers.get(id)
    if (peer) peer.seen()
    else this.#redials.forget(id)
    this.#mesh.see(id)
  }

  #forget(id: string): void {
    this.#redials.forget(id)
    // A signal that lost sight of a peer says nothing about a connection that stands.
    if (!this.#peers.get(id)?.open) this.#remove(id)
    this.#mesh.lose(id)
  }

  #take(from: string, data: unknown): void {
    const message = readSignalMessage(data)
    if (!message) {
      this.#to.onproblem(new Replic8Error('ERR_SIGNAL', `The peer ${from} sent an unusable signal.`))
      return
    }
    if (message.type === 'call') this.#takeCall(from)
    else if (message.type === 'bye') this.#peers.get(from)?.cut('The page of the peer was left.', 'closed')
    else if (message.type === 'full') this.#takeFull(from, message.attempt)
    else if (message.signal.type === 'offer') this.#takeOffer(from, message.attempt, message.signal)
    else this.#peers.get(from)?.signal(message.attempt, message.signal)
  }

  #takeCall(from: string): void {
    let answer = this.#mesh.asked(from)
    const peer = this.#peers.get(from)
    if (answer === 'lost' && peer?.direct) {
      peer.cut('The peer has lost the connection.', 'lost')
      answer = this.#mesh.asked(from)
    }
    if (answer === 'dial') this.#dial(from)
    else if (answer === 'full') this.#sayFull(from)
    else if (answer === 'ask') {
      this.#place(from).wait()
      this.#say(from, { type: 'call' })
    }
  }

  #takeOffer(from: string, attempt: string, offer: RtcSignal): void {
    if (from > this.#id || this.#peers.get(from)?.attempt === attempt) return
    if (this.#mesh.offered(from)) this.#place(from).answer(attempt, offer)
    else this.#sayFull(from, attempt)
  }

  #takeFull(from: string, attempt: string | undefined): void {
    const peer = this.#peers.get(from)
    if (!peer?.concerns(attempt)) return
    // It keeps this end in mind and asks when it has a place.
    this.#mesh.refused(from)
    if (!peer.open) this.#remove(from)
  }

  #takeRelay(id: string, connection: Connection): void {
    if (!this.#left && id !== this.#id && this.#mesh.offered(id)) {
      this.#place(id).takeRelay(connection)
    } else {
      connection.abort(new Replic8Error('ERR_CONNECTION', 'There is no place for a connection by relay.'))
      if (!this.#left) this.#sayFull(id)
    }
    this.#settle()
  }

  /** What is done to reach the peer, begun where there is nothing yet. */
  #place(remote: string): WebRtcPeer {
    const standing = this.#peers.get(remote)
    if (standing) return standing
    const peer = new WebRtcPeer(remote, this.#id < remote, this.#options, this.#redials, {
      say: (message) => this.#say(remote, message),
      onconnection: (connection) => handOver(connection, this.#to),
      onopen: () => {
        this.#mesh.opened(remote)
        this.#settle()
      },
      askRelay: this.#signal.relay && (() => this.#askRelay(peer)),
      onproblem: (err) => this.#to.onproblem(err),
      onover: (outcome) => this.#release(peer, outcome),
    })
    this.#peers.set(remote, peer)
    return peer
  }

  #release(peer: WebRtcPeer, outcome: 'failed' | 'lost' | 'closed'): void {
    const { remote } = peer
    if (this.#left || this.#peers.get(remote) !== peer) return
    this.#peers.delete(remote)
    this.#mesh[outcome](remote)
    if (outcome !== 'failed' || peer.stood) this.#redials.forget(remote)
    if (outcome === 'failed' && peer.tries) {
      this.#redials.later(remote, () => {
        this.#mesh.retry(remote)
        this.#settle()
      })
    }
    this.#lost = outcome === 'lost' ? remote : undefined
    this.#settle()
    this.#lost = undefined
  }

  #remove(remote: string): void {
    const peer = this.#peers.get(remote)
    this.#peers.delete(remote)
    peer?.drop()
  }

  #askRelay(peer: WebRtcPeer): void {
    try {
      this.#signal.relay?.(peer.remote)
    } catch (error) {
      peer.norelay(toReplic8Error(error, 'ERR_SIGNAL'))
    }
  }

  #sayFull(to: string, attempt?: string): void {
    this.#say(to, attempt === undefined ? { type: 'full' } : { type: 'full', attempt })
  }

  #say(to: string, message: SignalMessage): void {
    try {
      this.#signal.send(to, message)
    } catch (error) {
      this.#to.onproblem(toReplic8Error(error, 'ERR_SIGNAL'))
    }
  }
}
