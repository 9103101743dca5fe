import type { Signal, SignalEvents } from '../../src/connection.ts'

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
      return {
        send: (to, data) => this.say({ from: id, to, data }),
        leave: () => {
          this.members.delete(id)
          for (const theirs of this.members.values()) theirs.gone(id)
        },
      }
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

  get ids(): string[] {
    return [...this.members.keys()]
  }
}
