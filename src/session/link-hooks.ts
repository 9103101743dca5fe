import type { Fingerprint } from '../negotiation/range-index.ts'
import type { ControlMessage, HelloMessage } from '../wire/messages.ts'

/** What a link tells the session that it belongs to. */
export interface LinkHooks {
  /** The peer holds the key: `greet` sends it the hello, saying whether something is remembered of its offers. */
  onproof(fingerprint: Fingerprint, greet: (remembers: boolean) => void): void
  /** The peer proved that it holds the key. */
  onopen(hello: HelloMessage): void
  /** A control message, authenticated and in order. */
  onmessage(message: ControlMessage): void
  /** The goodbye is about to be sent: what the peer shall still hear has to be said now. */
  onbye(): void
  /** No message will be taken or sent any more; the last bytes may still be on their way. */
  onleave(error: Error | null): void
  /** The stream is closed. */
  onclose(): void
  /** The transport takes bytes again. */
  ondrain(): void
}
