import { isShallow, isSignalId, signalLimits } from '../../transports/signal-wire.ts'
import type { BridgeLimits } from '../limits.ts'
import type { BridgeObserver } from '../observer.ts'
import type { Far, Topic } from './topic.ts'

/** What two bridges tell each other about the members of one topic. */
export type TrunkMessage =
  | { type: 'peer' | 'gone'; id: string }
  | { type: 'message'; from: string; to: string; data: unknown }

/** What other bridges are called where an address belongs. */
const address = 'bridge'

/** The members of one topic that another bridge has. */
export class Trunk implements Far {
  readonly ids = new Set<string>()
  readonly #topic: Topic
  readonly #send: (message: TrunkMessage) => void
  readonly #limits: BridgeLimits
  readonly #observer: BridgeObserver
  #closed = false

  constructor(
    topic: Topic,
    send: (message: TrunkMessage) => void,
    options: { limits: BridgeLimits; observer: BridgeObserver },
  ) {
    this.#topic = topic
    this.#send = send
    this.#limits = options.limits
    this.#observer = options.observer
    topic.openTrunk(this)
  }

  /** What the other bridge told: anything at all. */
  take(told: unknown): void {
    if (this.#closed) return
    const message = readTrunkMessage(told)
    if (!message) this.#observer.refused('message', address)
    else if (message.type === 'message') this.#takeMessage(message.from, message.to, message.data)
    else if (message.type === 'peer') this.#takePeer(message.id)
    else this.#topic.farGone(this, message.id)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#topic.closeTrunk(this)
  }

  send(message: TrunkMessage): void {
    if (this.#closed) return
    try {
      this.#send(message)
    } catch {
      // What it goes over is over: whoever owns that closes this, too.
    }
  }

  #takePeer(id: string): void {
    if (this.ids.size < this.#limits.membersPerTopic) this.#topic.farPeer(this, id)
    else this.#observer.refused('members', address)
  }

  /** Only to those who are here: a message does not go on to a third bridge. */
  #takeMessage(from: string, to: string, data: unknown): void {
    if (this.ids.has(from)) this.#topic.member(to)?.message(from, data)
    else this.#observer.refused('message', address)
  }
}

function readTrunkMessage(told: unknown): TrunkMessage | undefined {
  if (typeof told !== 'object' || told === null) return undefined
  const { type, id, from, to, data } = told as Record<string, unknown>
  if (type === 'peer' || type === 'gone') return isSignalId(id) ? { type, id } : undefined
  if (type !== 'message' || !isSignalId(from) || !isSignalId(to)) return undefined
  return isShallow(data, signalLimits.dataDepth) ? { type, from, to, data } : undefined
}
