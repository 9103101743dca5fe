import { Replic8Error } from '../errors.ts'
import { checkUserData } from '../wire/header.ts'
import { maxFeedsPerPage } from '../wire/limits.ts'
import type { Json, PeerLimits } from '../wire/messages.ts'
import type { ExtensionHandlers } from './extensions.ts'
import type { OfferMemory } from './offer-memory.ts'

/** A static Noise key pair, 32 bytes each, as hypercore-protocol's `keyPair()` makes them. */
export interface KeyPair {
  publicKey: Uint8Array
  secretKey: Uint8Array
}

/** A key pair, or how to get it: the handshake waits for it. */
export type KeyPairSource = KeyPair | (() => Promise<KeyPair>)

/** What bounds a peer. Every number is an option; the defaults are stated here and nowhere else. */
export interface SessionLimits extends PeerLimits {
  /** Bytes of one Noise handshake frame. */
  handshakeFrameBytes: number
  /** Bytes that may arrive before the handshake is over. */
  handshakeBytes: number
  /** Channels that the peer may open at a time: feeds that both agree on, and those offered and not answered. */
  channels: number
  /** Feeds on one page of offers. */
  feedsPerPage: number
  /** Bytes of one page of offers; a page of one feed may always hold its header. */
  pageBytes: number
  /** Bytes of one header as JSON. */
  headerBytes: number
  /** Levels of nesting in a header. */
  headerDepth: number
  /** Pages of offers without an answer. */
  offersOutstanding: number
  /** Bytes that wait for the transport; above it, answers to block requests are held back. */
  queuedBytes: number
  /** Control messages a second, as an average over the time after which a silent peer is given up. */
  controlPerSecond: number
  /** Bytes of one extension message. */
  messageBytes: number
  /** Bytes, about, in which a replicator remembers what its peers offered, for when they come again. */
  rememberedBytes: number
}

export interface SessionOptions {
  /** Which end starts the Noise handshake. Left out, the two ends settle it. */
  initiator?: boolean
  /** Stay open when all is done. Default: false. */
  live?: boolean
  /** Static Noise key pair. Default: a random one. */
  keyPair?: KeyPairSource
  /** Called with the peer's static Noise key during the handshake; an error refuses the peer. Default: everybody. */
  onauthenticate?: (remotePublicKey: Buffer, done: (err?: Error | null) => void) => void
  /** Milliseconds of silence after which the peer, or a request for a block, is given up; 0 or false: never. Default: 20,000. */
  timeout?: number | false
  /** Milliseconds, absolute, until the peer has proved that it holds the key. Default: 10,000. */
  handshakeTimeout?: number
  /** Milliseconds that an accept handler has to answer. Default: 30,000. */
  acceptTimeout?: number
  /** JSON shown to the peer, 64 KiB at most. Default: null. */
  userData?: Json
  /** Messages of the application, by name, as `registerExtension` takes them. */
  // biome-ignore lint/suspicious/noExplicitAny: each extension has a message type of its own.
  extensions?: Record<string, ExtensionHandlers<any>>
  /**
   * Remembers what peers offered from one session to the next, so that only what has changed is offered again: one for
   * all sessions of a `keyPair`. Default: none; a replicator has its own.
   */
  memory?: OfferMemory
  limits?: Partial<SessionLimits> & { handshakeTimeout?: number; acceptTimeout?: number }
  /** Only `true` works: a session is always encrypted. */
  noise?: boolean
  /** Only `true` works: a session is always encrypted. */
  encrypted?: boolean
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  initiator: boolean | undefined
  live: boolean
  keyPair: KeyPairSource | undefined
  onauthenticate: SessionOptions['onauthenticate']
  timeout: number
  handshakeTimeout: number
  acceptTimeout: number
  userData: Json
  extensions: NonNullable<SessionOptions['extensions']>
  memory: OfferMemory | undefined
  limits: SessionLimits
}

/** The defaults, in bytes, milliseconds and counts. */
export const defaults = Object.freeze({
  timeout: 20_000,
  handshakeTimeout: 10_000,
  acceptTimeout: 30_000,
  limits: Object.freeze({
    handshakeFrameBytes: 65_536,
    handshakeBytes: 262_144,
    channels: 20_000,
    feedsPerPage: 1024,
    pageBytes: 262_144,
    headerBytes: 4096,
    headerDepth: 8,
    offersOutstanding: 64,
    queuedBytes: 8 * 1024 * 1024,
    controlPerSecond: 1000,
    messageBytes: 1024 * 1024,
    rememberedBytes: 64 * 1024 * 1024,
  }) satisfies SessionLimits,
})

/** The longest time that a timer takes, in ms: a longer one would be over at once. */
const longest = 2 ** 31 - 1
/** hypercore-protocol refuses messages of more than 8 MiB; some bytes are left for what goes around. */
const mostBytes = 8 * 1024 * 1024 - 4096

/** What a limit can be at most, where that is less than any whole number. */
const most: Partial<SessionLimits> = {
  channels: 2 ** 24,
  pageBytes: mostBytes,
  headerBytes: mostBytes / 2,
  messageBytes: mostBytes,
}

/**
 * Checks the options and fills in the defaults.
 * Errors: ERR_BAD_OPTION, naming the option.
 */
export function resolveOptions(options: SessionOptions = {}): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw bad('options', 'an object')
  if (options.noise === false || options.encrypted === false) {
    throw new Replic8Error(
      'ERR_BAD_OPTION',
      'noise: false and encrypted: false cannot work: a session is always encrypted.',
    )
  }
  for (const name of ['initiator', 'live'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw bad(name, 'true, false or left out')
  }
  for (const name of ['limits', 'extensions'] as const) {
    if (options[name] !== undefined && !isRecord(options[name])) throw bad(name, 'an object')
  }
  if (options.onauthenticate !== undefined && typeof options.onauthenticate !== 'function')
    throw bad('onauthenticate', 'a function')
  const { handshakeTimeout, acceptTimeout, ...limits } = options.limits ?? {}
  return {
    initiator: options.initiator,
    live: options.live === true,
    keyPair: checkKeyPair(options.keyPair),
    onauthenticate: options.onauthenticate,
    timeout: options.timeout === false ? 0 : time('timeout', options.timeout, 0),
    handshakeTimeout: time('handshakeTimeout', options.handshakeTimeout ?? handshakeTimeout),
    acceptTimeout: time('acceptTimeout', options.acceptTimeout ?? acceptTimeout),
    userData: checkUserData(options.userData),
    extensions: options.extensions ?? {},
    memory: options.memory,
    limits: checkLimits(limits),
  }
}

function checkLimits(given: Partial<SessionLimits>): SessionLimits {
  const limits: SessionLimits = { ...defaults.limits }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(limits, name)) throw bad(`limits.${name}`, `one of ${Object.keys(limits).join(', ')}`)
    const key = name as keyof SessionLimits
    limits[key] = whole(`limits.${name}`, value, limits[key], 1, most[key])
  }
  limits.feedsPerPage = Math.min(limits.feedsPerPage, maxFeedsPerPage)
  limits.pageBytes = Math.max(limits.pageBytes, limits.headerBytes + 1024)
  return limits
}

function time(name: 'timeout' | 'handshakeTimeout' | 'acceptTimeout', value: unknown, least = 1): number {
  return whole(name, value, defaults[name], least, longest)
}

/** A whole number: fractions and what is over 2^53 - 1 can not be told to the peer. */
function whole(
  name: string,
  value: unknown,
  fallback: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
) {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    throw bad(name, `a whole number from ${least} to ${most}`)
  return value as number
}

function checkKeyPair(keyPair: unknown): KeyPairSource | undefined {
  if (keyPair === undefined || keyPair === null) return undefined
  if (typeof keyPair === 'function') return keyPair as () => Promise<KeyPair>
  const { publicKey, secretKey } = keyPair as KeyPair
  if (![publicKey, secretKey].every((key) => key instanceof Uint8Array && key.length === 32))
    throw bad('keyPair', '{ publicKey, secretKey } of 32 bytes each')
  return { publicKey: Buffer.from(publicKey), secretKey: Buffer.from(secretKey) }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bad(name: string, takes: string): Replic8Error {
  return new Replic8Error('ERR_BAD_OPTION', `The option ${name} takes ${takes}.`)
}
