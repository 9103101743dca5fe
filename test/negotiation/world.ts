import { overTheWire, type SideOptions } from './side.ts'
import { must, SimulatedPeer } from './simulated-peer.ts'

/** What can happen at an end: a method of the simulated peer, or its next message arrives at the other. */
export type Deed =
  | 'share'
  | 'ready'
  | 'readyFirst'
  | 'answer'
  | 'download'
  | 'grow'
  | 'clear'
  | 'unshare'
  | 'update'
  | 'fail'
  | 'awaitSync'
  | 'deliver'

export type Step = [at: 0 | 1, what: Deed, ...args: unknown[]]

/** Two simulated peers and the messages between them. */
export class World {
  readonly peers: [SimulatedPeer, SimulatedPeer]
  readonly #judged = new Set<SimulatedPeer>()

  constructor(left: SideOptions, right: SideOptions) {
    this.peers = [new SimulatedPeer(left), new SimulatedPeer(right)]
  }

  run(steps: readonly Step[]) {
    for (const [at, what, ...args] of steps) {
      if (what === 'deliver') this.#deliver(at)
      else (this.peers[at][what] as (...args: unknown[]) => void)(...args)
      this.#checkEnds()
    }
  }

  #deliver(at: 0 | 1) {
    const [from, to] = [this.peers[at], this.peers[1 - at] as SimulatedPeer]
    const message = from.side.outbox.shift()
    if (message) to.hear(overTheWire(message, to.side))
  }

  /** Everything open is brought to its end. `mask`: which feeds of a page are taken. */
  drain(mask: number) {
    while (this.#hasWork(0) || this.#hasWork(1)) {
      for (const at of [0, 1] as const) {
        while (this.#hasWork(at)) {
          this.run([
            [at, 'deliver'],
            [at, 'ready', 0, -1, {}],
            [at, 'answer', 0, mask, 'declined'],
            [at, 'download', 0],
          ])
        }
      }
    }
  }

  #hasWork(at: 0 | 1): boolean {
    const { side, closed, opening, handedOut, targets } = this.peers[at]
    return side.outbox.length > 0 || (!closed && opening.length + handedOut.length + targets.size > 0)
  }

  /** An end that says goodbye is done, and the other is too, unless it has just shared more and says so on the wire. */
  #checkEnds() {
    for (const [i, peer] of this.peers.entries()) {
      if (peer.finished === 0 || this.#judged.has(peer)) continue
      this.#judged.add(peer)
      const other = this.peers[1 - i] as SimulatedPeer
      must(peer.isDone, 'finished before it was done')
      must(!peer.live && !other.live, 'a live session ended')
      must(peer.shared || other.shared, 'ended though nobody shared')
      const takenBack = other.side.outbox.some((message) => other.takenBack.has(message))
      must(other.closed || other.isDone || takenBack, 'finished before the peer was done')
    }
  }
}
