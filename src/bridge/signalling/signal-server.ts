import { toHex } from '../../bytes.ts'
import type { WebSocketLink } from '../../transports/websocket-link.ts'
import type { BridgeLimits } from '../limits.ts'
import type { BridgeObserver } from '../observer.ts'
import type { Quotas } from '../quotas.ts'
import type { RelayServer } from '../relay/relay-server.ts'
import { SignalSocket } from './signal-socket.ts'
import { Topic } from './topic.ts'
import { Trunk, type TrunkMessage } from './trunk.ts'

export type { TrunkMessage } from './trunk.ts'

export interface SignalServerOptions {
  limits: BridgeLimits
  observer: BridgeObserver
  quotas: Quotas
  relays: RelayServer
}

/**
 * Lets those who know a topic find each other and talk. Who does not know one can neither ask for it nor be told of
 * it: topics are looked up by what a member says, and never listed.
 */
export class SignalServer {
  readonly #options: SignalServerOptions
  readonly #sockets = new Set<SignalSocket>()
  readonly #topics = new Map<string, Topic>()

  constructor(options: SignalServerOptions) {
    this.#options = options
  }

  /** Ends that have joined a topic here, one for each topic they joined. */
  get members(): number {
    return [...this.#topics.values()].reduce((sum, { members }) => sum + members, 0)
  }

  /** Topics with members here. */
  get topics(): number {
    return [...this.#topics.values()].filter(({ members }) => members > 0).length
  }

  /** A socket whose first message said that it is about signalling. */
  take(link: WebSocketLink, address: string): void {
    const socket = new SignalSocket(link, {
      ...this.#options,
      address,
      topic: (name) => this.#topic(name),
      onover: () => this.#sockets.delete(socket),
    })
    this.#sockets.add(socket)
    link.release()
  }

  /**
   * The members of a topic that another bridge has. It is told of those who are here now, and of all that changes.
   * `take` gets what it tells, anything at all: what is unusable is counted and left out.
   */
  trunk(topic: Uint8Array, send: (message: TrunkMessage) => void): { take(m: unknown): void; close(): void } {
    return new Trunk(this.#topic(toHex(topic)), send, this.#options)
  }

  /** Ends every socket. */
  close(): void {
    for (const socket of [...this.#sockets]) socket.shutDown()
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name) ?? new Topic(name, () => this.#topics.delete(name))
    this.#topics.set(name, topic)
    return topic
  }
}
