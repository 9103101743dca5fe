import type { Signal, SignalEvents, SignalRoom } from '../connection.ts'

/**
 * Joins a topic by several signals as if they were one: a peer is there while any of them shows it, and what is for it
 * goes by one that does. It stays with that one as long as it can: messages of two signals could overtake each other.
 * @throws what the `join` of any of them throws; then none of them is joined
 */
export function joinSignals(
  signals: readonly Signal[],
  topic: Uint8Array,
  id: string,
  on: SignalEvents,
): SignalRoom {
  return new SignalRooms(signals, topic, id, on)
}

class SignalRooms implements SignalRoom {
  /** Only where one of the signals has it. */
  readonly relay?: (to: string) => void
  readonly #rooms: SignalRoom[] = []
  /** Which signals show a peer, by their number; the first of them carries what is for it. */
  readonly #routes = new Map<string, number[]>()
  /** Which signals may still be asked for the relay that a peer waits for. */
  readonly #relaying = new Map<string, number[]>()
  readonly #on: SignalEvents

  constructor(signals: readonly Signal[], topic: Uint8Array, id: string, on: SignalEvents) {
    this.#on = on
    try {
      for (const [at, signal] of signals.entries()) {
        this.#rooms[at] = signal.join(topic, id, this.#eventsOf(at))
      }
    } catch (error) {
      this.leave()
      throw error
    }
    if (this.#rooms.some((room) => room.relay)) this.relay = (to) => this.#relay(to)
  }

  send(to: string, data: unknown): void {
    const [at = 0] = this.#routes.get(to) ?? []
    this.#rooms[at]?.send(to, data)
  }

  leave(): void {
    for (const room of this.#rooms) room?.leave()
  }

  #relay(to: string): void {
    const able = (this.#routes.get(to) ?? []).filter((at) => this.#rooms[at]?.relay)
    this.#relaying.set(to, able)
    this.#askNext(to, new Error('No signal that shows the peer has a relay.'))
  }

  #eventsOf(at: number): SignalEvents {
    const events: SignalEvents = {
      peer: (id) => this.#see(id, at),
      gone: (id) => this.#lose(id, at),
      message: (from, data) => this.#on.message(from, data),
      norelay: (id, err) => this.#askNext(id, err),
      problem: (err) => this.#on.problem?.(err),
    }
    // A signal can see who takes a relay and who does not.
    if (this.#on.relay) {
      events.relay = (id, connection) => {
        this.#relaying.delete(id)
        this.#on.relay?.(id, connection)
      }
    }
    return events
  }

  #see(id: string, at: number): void {
    const routes = this.#routes.get(id) ?? []
    const known = routes.includes(at)
    if (!known) this.#routes.set(id, [...routes, at])
    // Told again where a signal tells it again, and not because another one has found the peer as well.
    if (known || routes.length === 0) this.#on.peer(id)
  }

  #lose(id: string, at: number): void {
    const routes = this.#routes.get(id)
    if (!routes?.includes(at)) return
    if (routes.length > 1) {
      this.#routes.set(
        id,
        routes.filter((route) => route !== at),
      )
      return
    }
    this.#routes.delete(id)
    this.#relaying.delete(id)
    this.#on.gone(id)
  }

  #askNext(to: string, err: Error): void {
    const at = this.#relaying.get(to)?.shift()
    if (at !== undefined) {
      this.#rooms[at]?.relay?.(to)
      return
    }
    this.#relaying.delete(to)
    this.#on.norelay?.(to, err)
  }
}
