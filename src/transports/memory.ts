import { toHex } from '../bytes.ts'
import type { Transport, TransportTarget } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { handOver } from './hand-over.ts'
import { type MemoryConnection, memoryPair } from './memory-connection.ts'
import { verify32Bytes } from './verify-options.ts'

export { type MemoryPairOptions, memoryPair } from './memory-connection.ts'

/** Where memory transports meet. Each hub is a network of its own. */
export interface MemoryHub {
  /** Who is there, by the topic's hex digits. */
  readonly rooms: Map<string, Set<MemoryMember>>
}

/** One started transport on a hub. */
export interface MemoryMember {
  take(connection: MemoryConnection): void
}

export function memoryHub(): MemoryHub {
  return { rooms: new Map() }
}

/**
 * A transport within one process: all that are started on the same hub with the same topic are connected with
 * each other. The end that came later is the initiator.
 */
export function memoryTransport(hub: MemoryHub): Transport {
  return new MemoryTransport(hub)
}

class MemoryTransport implements Transport {
  readonly #hub: MemoryHub
  #started: StartedMember | undefined

  constructor(hub: MemoryHub) {
    this.#hub = hub
  }

  start(to: TransportTarget): void {
    if (this.#started) throw new Replic8Error('ERR_BAD_ARGUMENT', 'The transport was started already.')
    verify32Bytes('topic', to.topic)
    this.#started = new StartedMember(this.#hub, to)
  }

  stop(): Promise<void> | undefined {
    const started = this.#started
    this.#started = undefined
    return started?.leave()
  }
}

class StartedMember implements MemoryMember {
  readonly #hub: MemoryHub
  readonly #to: TransportTarget
  readonly #topic: string
  readonly #open = new Set<MemoryConnection>()
  #left = false

  constructor(hub: MemoryHub, to: TransportTarget) {
    this.#hub = hub
    this.#to = to
    this.#topic = toHex(to.topic)
    const others = [...(hub.rooms.get(this.#topic) ?? [])]
    hub.rooms.set(this.#topic, new Set([...others, this]))
    // Not from within `start`: its caller has not yet seen it return.
    for (const other of others) queueMicrotask(() => this.#call(other))
  }

  take(connection: MemoryConnection): void {
    this.#open.add(connection)
    connection.over.then(() => this.#open.delete(connection))
    handOver(connection, this.#to)
  }

  async leave(): Promise<void> {
    const room = this.#hub.rooms.get(this.#topic)
    this.#left = true
    room?.delete(this)
    if (room?.size === 0) this.#hub.rooms.delete(this.#topic)
    const open = [...this.#open]
    for (const connection of open) connection.close()
    await Promise.all(open.map((connection) => connection.over))
  }

  #call(other: MemoryMember): void {
    if (this.#left || !this.#hub.rooms.get(this.#topic)?.has(other)) return
    const [mine, theirs] = memoryPair({ initiator: true })
    this.take(mine)
    other.take(theirs)
  }
}
