/** What a transport gives: connections to peers. Nothing here knows what travels over them. */

/** An ordered, reliable stream of bytes to one peer; chunk boundaries are not kept. */
export interface Connection {
  /** 'webrtc' | 'websocket' | 'relay' | 'swarm' | 'memory' */
  readonly kind: string
  /** Set where the transport knows which end called the other. */
  readonly initiator?: boolean
  /** Takes a chunk of any size; it belongs to the connection from here on. false: wait for `ondrain`. */
  send(chunk: Uint8Array): boolean
  /** Set by the owner, before the first event can happen. The chunk belongs to the receiver and may be changed in place. */
  ondata: (chunk: Uint8Array) => void
  /** Called once the connection takes more, after a `send` that gave false. */
  ondrain: () => void
  /** Called once, when the connection is over: without an error after a `close` of either end, with one otherwise. */
  onclose: (err?: Error) => void
  /** Ends the connection after everything sent so far has been delivered. */
  close(): void
  /** Ends the connection now; `err` is what this end's `onclose` gets. */
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
  start(to: TransportTarget): void | Promise<void>
  /** Ends every connection and every timer of the transport. */
  stop(): void | Promise<void>
}

/** How two ends that want to connect by WebRTC find each other and exchange descriptions. */
export interface Signal {
  join(topic: Uint8Array, id: string, on: SignalEvents): SignalRoom
}

export interface SignalEvents {
  peer(id: string): void
  gone(id: string): void
  /** `data` is a peer's, so anything at all. */
  message(from: string, data: unknown): void
}

export interface SignalRoom {
  send(to: string, data: unknown): void
  leave(): void
}
