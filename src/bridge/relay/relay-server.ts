import { toHex } from '../../bytes.ts'
import { Replic8Error } from '../../errors.ts'
import { closeCodes, dismiss } from '../../transports/websocket-hello.ts'
import type { WebSocketLink } from '../../transports/websocket-link.ts'
import type { BridgeLimits } from '../limits.ts'
import type { BridgeObserver } from '../observer.ts'
import type { AddressQuota, Quotas } from '../quotas.ts'
import { Splice } from './splice.ts'

export interface RelayServerOptions {
  limits: BridgeLimits
  observer: BridgeObserver
  quotas: Quotas
  /** Milliseconds that a ticket is good for. Default 10,000. */
  ticketTimeout?: number
}

/** A relay from its tickets to its end. */
interface Relay {
  readonly quota: AddressQuota
  /** Who asked for it, and pays. */
  readonly address: string
  readonly tickets: string[]
  /** The ends that came. */
  readonly links: WebSocketLink[]
  timer: ReturnType<typeof setTimeout> | undefined
  splice?: Splice
}

/** Carries bytes between two sockets that came with the two tickets of one relay. It knows nothing of the bytes. */
export class RelayServer {
  readonly #options: Required<RelayServerOptions>
  readonly #relays = new Set<Relay>()
  /** By the tickets that were not used yet. */
  readonly #tickets = new Map<string, Relay>()

  constructor(options: RelayServerOptions) {
    this.#options = { ticketTimeout: 10_000, ...options }
  }

  /** Relays at a time, those whose ends are still to come included. */
  get open(): number {
    return this.#relays.size
  }

  /**
   * Two tickets for a relay that `address` asked for: each lets one socket in, once, and not for long.
   * @throws ERR_OVER_QUOTA
   */
  reserve(address: string): [asker: string, other: string] {
    const { limits, observer, quotas, ticketTimeout } = this.#options
    const quota = quotas.address(address)
    if (this.#relays.size >= limits.relays || !quota.startRelay()) {
      quota.release()
      observer.refused('relays', address)
      throw new Replic8Error('ERR_OVER_QUOTA', 'There are no more relays.')
    }
    const tickets: [string, string] = [randomTicket(), randomTicket()]
    const relay: Relay = { quota, address, tickets, links: [], timer: undefined }
    relay.timer = setTimeout(
      () => this.#end(relay, closeCodes.ticket, 'The other end did not come.'),
      ticketTimeout,
    )
    this.#relays.add(relay)
    for (const ticket of tickets) this.#tickets.set(ticket, relay)
    return tickets
  }

  /** A socket that came with a ticket. */
  take(link: WebSocketLink, ticket: Uint8Array, address: string): void {
    const used = toHex(ticket)
    const relay = this.#tickets.get(used)
    this.#tickets.delete(used)
    if (!relay) {
      this.#options.observer.refused('ticket', address)
      dismiss(link, closeCodes.ticket, 'ERR_RELAY')
      return
    }
    relay.links.push(link)
    const [first, second] = relay.links
    if (first && second) this.#splice(relay, first, second)
    else this.#await(relay, link)
  }

  /** Ends every relay. */
  close(): void {
    for (const relay of [...this.#relays]) this.#end(relay, closeCodes.shutDown, 'The server shuts down.')
  }

  /** The first end is read from, to see it go, and not listened to: it has nothing to say before the other is there. */
  #await(relay: Relay, link: WebSocketLink): void {
    link.events = {
      onmessage: () => this.#end(relay, closeCodes.notReplic8, 'It is not your turn.'),
      onover: () => this.#end(relay, closeCodes.ticket, 'The other end left.'),
    }
    link.release()
  }

  #splice(relay: Relay, first: WebSocketLink, second: WebSocketLink): void {
    clearTimeout(relay.timer)
    const { limits, observer } = this.#options
    relay.splice = new Splice(first, second, {
      bytesPerSecond: limits.relayBytesPerSecond,
      onbytes: (bytes) => {
        if (!relay.quota.relay(bytes)) {
          observer.refused('relay-bytes', relay.address)
          return false
        }
        observer.relayed(bytes)
        return true
      },
      onover: () => this.#end(relay, closeCodes.ticket),
    })
    relay.splice.start()
  }

  #end(relay: Relay, code: number, reason?: string): void {
    if (!this.#relays.delete(relay)) return
    clearTimeout(relay.timer)
    for (const ticket of relay.tickets) this.#tickets.delete(ticket)
    relay.quota.endRelay()
    relay.quota.release()
    if (relay.splice) relay.splice.end(code, reason)
    else for (const link of relay.links) dismiss(link, code, reason)
  }
}

function randomTicket(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(32)))
}
