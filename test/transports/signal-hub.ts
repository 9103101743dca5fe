import type { Signal, SignalEvents, SignalRoom } from '../../src/connection.ts'
import { type MemoryConnection, memoryPair } from '../../src/transports/memory-connection.ts'

interface Said {
  from: string
  to: string
  data: unknown
}

/** A signal within the test: all who joined see each other, and the test sees and decides what passes. */
export class SignalHub {
  readonly members = new Map<string, SignalEvents>()
  readonly said: Said[] = []
  passes: (said: Said) => boolean = () => true
  /** Set before a peer joins: there is a relay, which may have its reasons to refuse. */
  relays: { refuses?: Error } | undefined
  /** The connections by relay, the asking end's first. */
  readonly relayed: [MemoryConnection, MemoryConnection][] = []

  readonly signal: Signal = {
    join: (_, id, on) => {
      const others = [...this.members]
      this.members.set(id, on)
      queueMicrotask(() => {
        for (const [other, theirs] of others) {
          if (this.members.get(other) !== theirs || this.members.get(id) !== on) continue
          theirs.peer(id)
          on.peer(other)
        }
      })
      const room: SignalRoom = {
        send: (to, data) => this.say({ from: id, to, data }),
        leave: () => {
          if (!this.members.delete(id)) return
          for (const theirs of this.members.values()) theirs.gone(id)
        },
      }
      if (this.relays) room.relay = (to) => queueMicrotask(() => this.#relay(id, to))
      return room
    },
  }

  /** Carries a message, also one that a test makes up. */
  say(said: Said): void {
    this.said.push(said)
    // A copy, as every real signal makes.
    const data = structuredClone(said.data)
    queueMicrotask(() => {
      if (this.passes(said)) this.members.get(said.to)?.message(said.from, data)
    })
  }

  #relay(from: string, to: string): void {
    const [asking, other] = [this.members.get(from), this.members.get(to)]
    if (this.relays?.refuses || !other?.relay) {
      asking?.norelay?.(to, this.relays?.refuses ?? new Error('The peer takes none.'))
      return
    }
    const pair = memoryPair({ kind: 'relay', initiator: true })
    this.relayed.push(pair)
    asking?.relay?.(to, pair[0])
    other.relay(from, pair[1])
  }

  get ids(): string[] {
    return [...this.members.keys()]
  }
}
