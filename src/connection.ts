/** What a transport gives: connections to peers. Nothing here knows what travels over them. */

/**
 * An ordered, reliable stream of bytes to one peer; chunk boundaries are not kept. The owner sets the handlers before
 * the first event can happen: within `onconnection`. No handler is called from within `send`, `close` or `abort`.
 */
export interface Connection {
  /** 'webrtc' | 'websocket' | 'relay' | 'swarm' | 'memory' */
  readonly kind: string
  /** Set where the transport knows which end called the other. */
  readonly initiator?: boolean
  /**
   * Takes a chunk of any size; it belongs to the connection from here on. false: wait for `ondrain`.
   * After a `close` of either end, and when the connection is over, it does nothing and gives false.
   */
  send(chunk: Uint8Array): boolean
  /** The chunk belongs to the receiver and may be changed in place. May come after an own `close`, until `onclose`. */
  ondata: (chunk: Uint8Array) => void
  /** Called once the connection takes more, after a `send` that gave false. Not when it is closing. */
  ondrain: () => void
  /** Called once, when the connection is over: without an error after a `close` of either end, with one otherwise. */
  onclose: (err?: Error) => void
  /**
   * Set by an owner that can finish: the transport needs the place of this connection. The owner asks for nothing more,
   * lets what is under way arrive, and closes; where it has not within the transport's patience, the transport does.
   */
  onretire?: () => void
  /**
   * Set by an owner that passes on what somebody else sends: the other end closes. `send` takes chunks still, until this
   * owner, which has to, calls `close` behind what was on its way to it. Where it is not set the connection closes itself.
   */
  onend?: () => void
  /** Ends the connection after everything that either end had sent has been delivered. */
  close(): void
  /** Ends the connection now; `err` is what this end's `onclose` gets. The other end's gets an error of its own. */
  abort(err: Error): void
}

/** Where a transport brings its connections and its troubles. */
export interface TransportTarget {
  /** A keyed hash of the encryption key, 32 bytes: peers of one topic look for each other. */
  topic: Uint8Array
  /** The static Noise key of this end, 32 bytes. */
  publicKey: Uint8Array
  onconnection(connection: Connection): void
  /** Something was contained: one peer could not be reached, a signal was unusable. */
  onproblem(err: Error): void
}

/** A source of connections. */
export interface Transport {
  /** Connects with the peers of the topic, one connection each. May be called again after a `stop`. */
  start(to: TransportTarget): void | Promise<void>
  /** Closes every connection, and gives up what is under way; resolves when all is over and no timer is left. */
  stop(): void | Promise<void>
}

/** How two ends that want to connect by WebRTC find each other and exchange descriptions. */
export interface Signal {
  join(topic: Uint8Array, id: string, on: SignalEvents): SignalRoom
}

export interface SignalEvents {
  /** A peer of the topic is there; said to both ends, once they can send to each other. */
  peer(id: string): void
  /** It left, or was lost from sight; a connection that stands with it is not touched. */
  gone(id: string): void
  /** `data` is a peer's, so anything at all. */
  message(from: string, data: unknown): void
  /**
   * Bytes to this peer go through the signal's server now: a connection of kind 'relay', whose initiator is the end that
   * asked for it. Said to both ends.
   */
  relay?(id: string, connection: Connection): void
  /** The relay that was asked for cannot be had now. */
  norelay?(id: string, err: Error): void
  /** The signal itself is in trouble: its server cannot be reached, or refuses something. It goes on by itself. */
  problem?(err: Error): void
}

export interface SignalRoom {
  /** Messages to one peer arrive in order, or not at all. */
  send(to: string, data: unknown): void
  /** Asks for a relay to a peer, where the signal has a server that relays. Answered by `relay` or `norelay`. */
  relay?(to: string): void
  leave(): void
}
