import { Replic8Error } from '../errors.ts'

/** What bounds those who use a bridge. Every number is an option; the defaults are stated here and nowhere else. */
export interface BridgeLimits {
  /** Sockets of one address at a time. */
  connectionsPerAddress: number
  /** Sockets of all addresses at a time. */
  connections: number
  /** New sockets of one address a minute, on average; as many may come at once. */
  dialsPerMinute: number
  /** Milliseconds that a socket has to say what it is about. */
  helloTimeout: number
  /** Signalling messages of one address a second, on average; four times as many may come at once. */
  messagesPerSecond: number
  /** Bytes of one signalling message. */
  messageBytes: number
  /** Topics that the sockets of one address have joined at a time. */
  topicsPerAddress: number
  /** Ends that have joined one topic at a time. */
  membersPerTopic: number
  /** Relays that the sockets of one address asked for, at a time. */
  relaysPerAddress: number
  /** Relays at a time. */
  relays: number
  /** Bytes a second of one relay, in each direction, as an average; the ends are held back above it. */
  relayBytesPerSecond: number
  /** Bytes that one address may have relayed in an hour; then its relays end. */
  relayBytesPerHour: number
}

export const defaultLimits: Readonly<BridgeLimits> = Object.freeze({
  connectionsPerAddress: 256,
  connections: 8_192,
  dialsPerMinute: 600,
  helloTimeout: 10_000,
  messagesPerSecond: 50,
  messageBytes: 131_072,
  topicsPerAddress: 64,
  membersPerTopic: 1_024,
  relaysPerAddress: 32,
  relays: 1_024,
  relayBytesPerSecond: 4 * 1024 * 1024,
  relayBytesPerHour: 4 * 1024 ** 3,
})

/**
 * The limits with their defaults put in.
 * Errors: ERR_BAD_OPTION for an unknown name, and for anything but a whole number of 1 or more, or Infinity.
 */
export function verifyLimits(given: Partial<BridgeLimits> = {}): BridgeLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name))
      throw new Replic8Error('ERR_BAD_OPTION', `There is no limit "${name}".`)
    if (value !== undefined && !((Number.isInteger(value) && value >= 1) || value === Infinity))
      throw new Replic8Error('ERR_BAD_OPTION', `The limit ${name} takes a whole number of 1 or more.`)
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { ...defaultLimits, ...set }
}
