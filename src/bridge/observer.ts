/** Why somebody was turned away, as the metrics name it. */
export const refusals = [
  'origin',
  'host',
  'connections',
  'dials',
  'hello',
  'topic-not-served',
  'topics',
  'members',
  'messages',
  'message-size',
  'message',
  'relays',
  'relay-bytes',
  'ticket',
] as const

export type Refusal = (typeof refusals)[number]

/** What the parts of a bridge tell about what they do, for the metrics and the log. */
export interface BridgeObserver {
  /** `address`: where the socket came from. */
  refused(reason: Refusal, address: string): void
  /** Bytes that a relay carried. */
  relayed(bytes: number): void
}
