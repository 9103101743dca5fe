import { toHex } from '../bytes.ts'
import type { Signal, SignalEvents, SignalRoom } from '../connection.ts'
import { Replic8Error } from '../errors.ts'

export interface BroadcastSignalOptions {
  /** Signals of different names never meet. Default 'replic8'. */
  name?: string
}

/** What goes over the channel; `to` is left out in what is for everybody. */
interface Broadcast {
  type: 'hello' | 'here' | 'data' | 'bye'
  from: string
  to?: string
  data?: unknown
}

const types = new Set<unknown>(['hello', 'here', 'data', 'bye'])

/**
 * A signal among the tabs and workers of one origin, over a BroadcastChannel for each topic: no server, no timer.
 * `join` throws ERR_SIGNAL where there is no BroadcastChannel.
 * @throws ERR_BAD_OPTION
 */
export function broadcastSignal(options: BroadcastSignalOptions = {}): Signal {
  const { name = 'replic8' } = options
  if (typeof name !== 'string' || name === '') {
    throw new Replic8Error('ERR_BAD_OPTION', 'name must be a string that is not empty.')
  }
  return {
    join(topic, id, on) {
      if (typeof globalThis.BroadcastChannel !== 'function') {
        throw new Replic8Error('ERR_SIGNAL', 'There is no BroadcastChannel here.')
      }
      return new BroadcastRoom(new BroadcastChannel(`${name}:${toHex(topic)}`), id, on)
    },
  }
}

class BroadcastRoom implements SignalRoom {
  readonly #channel: BroadcastChannel
  readonly #id: string
  readonly #on: SignalEvents
  #left = false

  constructor(channel: BroadcastChannel, id: string, on: SignalEvents) {
    this.#channel = channel
    this.#id = id
    this.#on = on
    channel.onmessage = (event: MessageEvent<unknown>) => this.#take(event.data)
    this.#post({ type: 'hello', from: id })
  }

  send(to: string, data: unknown): void {
    this.#post({ type: 'data', from: this.#id, to, data })
  }

  leave(): void {
    this.#post({ type: 'bye', from: this.#id })
    this.#left = true
    this.#channel.close()
  }

  #post(message: Broadcast): void {
    if (!this.#left) this.#channel.postMessage(message)
  }

  #take(received: unknown): void {
    if (this.#left || !isBroadcast(received) || received.from === this.#id) return
    const { type, from, to, data } = received
    if (type === 'hello') {
      // The newcomer has not heard of those who came before it.
      this.#post({ type: 'here', from: this.#id, to: from })
      this.#on.peer(from)
    } else if (type === 'bye') {
      this.#on.gone(from)
    } else if (to === this.#id) {
      if (type === 'here') this.#on.peer(from)
      else this.#on.message(from, data)
    }
  }
}

/** Any script of the origin can post here. */
function isBroadcast(received: unknown): received is Broadcast {
  if (typeof received !== 'object' || received === null) return false
  const { type, from } = received as Record<string, unknown>
  return types.has(type) && typeof from === 'string' && from.length > 0 && from.length <= 64
}
