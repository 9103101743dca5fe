import { Replic8Error } from '../errors.ts'
import type { Storage } from '../random-access-storage.ts'
import { checkEncryptionKey } from '../session/keys.ts'
import type { SwarmOptions } from '../transports/swarm.ts'
import { verifySwarmOptions } from '../transports/swarm-options.ts'
import { type BridgeLimits, verifyLimits } from './limits.ts'
import type { LogChoice } from './log.ts'
import { hostOf, isLoopback } from './origins.ts'

export interface BridgeOptions {
  /** Default 8787; 0: a free one. */
  port?: number
  /** The address to listen on. Default '127.0.0.1': this machine only. */
  host?: string
  /** A folder, or any random-access storage. Default './replic8-data'. Each key has a folder in it, named by its topic. */
  storage?: string | Storage
  /** The encryption keys whose feeds are kept, 32 bytes or 64 hex digits each. Default none: signalling and relay only. */
  keys?: readonly (Uint8Array | string)[]
  /** One more of them. */
  key?: Uint8Array | string
  /** Origins of pages that may connect, beside those of the same host: 'https://app.example', or '*' for any. */
  origins?: readonly string[]
  /** Names by which the bridge may be called, beside localhost, its addresses and the host of `publicUrl`; '*' for any. */
  hosts?: readonly string[]
  /** The URL by which others reach it, where a proxy stands before it: 'wss://bridge.example.org/'. */
  publicUrl?: string
  /** Certificate chain and private key, PEM. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array }
  /** Take the address of a client from what a proxy adds last to X-Forwarded-For. Default false. */
  trustProxy?: boolean
  limits?: Partial<BridgeLimits>
  /**
   * Find other bridges and Node replicators of the keys by Hyperswarm (the package hyperswarm). `bootstrap` and `host`:
   * as of `swarm()`; a DHT on loopback is met from there.
   */
  swarm?: boolean | BridgeSwarm
  /** Bytes on disk, of all keys, above which nothing more is taken. Default Infinity. */
  maxBytes?: number
  /** Bytes free on the disk, below which nothing more is taken. Default 256 MiB. */
  minFree?: number
  /** Milliseconds after a write that failed for want of room before another is tried. Default 60,000. */
  retryAfterFull?: number
  /** Feeds of one key that are taken from peers, at most. Default 10,000. */
  maxFeeds?: number
  /** Milliseconds between pings; a socket that has not answered by the next one is dropped. Default 30,000. */
  heartbeat?: number
  /** 'pretty', 'json' (both to the standard output), 'silent', or a logger such as pino's. Default 'silent'. */
  log?: LogChoice
  /** A folder that is served over HTTP beside the bridge, with `bridge.json`, by which its pages find the bridge. */
  pages?: string
}

export type BridgeSwarm = Pick<SwarmOptions, 'bootstrap' | 'host'>

export interface VerifiedBridgeOptions {
  port: number
  host: string
  storage: string | Storage
  keys: readonly Buffer[]
  origins: readonly string[]
  hosts: readonly string[]
  publicUrl: URL | undefined
  tls: BridgeOptions['tls']
  trustProxy: boolean
  limits: BridgeLimits
  swarm: BridgeSwarm | undefined
  maxBytes: number
  minFree: number
  retryAfterFull: number
  maxFeeds: number
  heartbeat: number
  log: LogChoice
  pages: string | undefined
}

/** In bytes, milliseconds and counts. */
export const bridgeDefaults = Object.freeze({
  port: 8787,
  host: '127.0.0.1',
  storage: './replic8-data',
  maxBytes: Infinity,
  minFree: 256 * 1024 * 1024,
  retryAfterFull: 60_000,
  maxFeeds: 10_000,
  heartbeat: 30_000,
})

type Defaults = Required<Pick<BridgeOptions, keyof typeof bridgeDefaults>>

const known = new Set<keyof BridgeOptions>([
  ...(Object.keys(bridgeDefaults) as (keyof typeof bridgeDefaults)[]),
  ...(['keys', 'key', 'origins', 'hosts', 'publicUrl', 'tls', 'trustProxy', 'limits'] as const),
  ...(['swarm', 'log', 'pages'] as const),
])

/** The options with their defaults put in. Errors: ERR_BAD_OPTION, ERR_BAD_KEY. */
export function verifyBridgeOptions(given: BridgeOptions): VerifiedBridgeOptions {
  for (const name of Object.keys(given))
    if (!known.has(name as keyof BridgeOptions)) refuse(`There is no option "${name}".`)
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const options = { ...bridgeDefaults, ...set } as BridgeOptions & Defaults
  const { port, host, storage, origins = [], hosts = [], tls, trustProxy = false, pages } = options
  number('port', port, 0, 65_535)
  for (const name of ['heartbeat', 'retryAfterFull'] as const) number(name, options[name], 1, 2 ** 31 - 1)
  for (const name of ['maxBytes', 'minFree', 'maxFeeds'] as const)
    if (options[name] !== Infinity) number(name, options[name], 0, Number.MAX_SAFE_INTEGER)
  if (typeof host !== 'string' || host === '') refuse('host takes an address or a name to listen on.')
  if ((typeof storage !== 'string' || storage === '') && typeof storage !== 'function')
    refuse('storage takes a folder, or a storage: (filename) => file.')
  if (tls && !(tls.cert && tls.key)) refuse('tls takes { cert, key }, both in PEM.')
  if (typeof trustProxy !== 'boolean') refuse('trustProxy takes true or false.')
  if (pages !== undefined && (typeof pages !== 'string' || pages === '')) refuse('pages takes a folder.')
  return {
    ...{ port, host, storage, tls, trustProxy, pages },
    keys: keysOf(options),
    origins: verifyOrigins(origins),
    hosts: verifyHosts(hosts),
    publicUrl: verifyPublicUrl(options.publicUrl),
    limits: verifyLimits(options.limits),
    swarm: verifySwarm(options.swarm),
    maxBytes: options.maxBytes,
    minFree: options.minFree,
    retryAfterFull: options.retryAfterFull,
    maxFeeds: options.maxFeeds,
    heartbeat: options.heartbeat,
    log: options.log ?? 'silent',
  }
}

function keysOf({ key, keys = [] }: BridgeOptions): Buffer[] {
  if (!Array.isArray(keys)) refuse('keys takes an array.')
  const all = [...(key === undefined ? [] : [key]), ...keys].map(checkEncryptionKey)
  return all.filter((one, n) => all.findIndex((other) => other.equals(one)) === n)
}

function verifyOrigins(origins: readonly string[]): readonly string[] {
  if (!Array.isArray(origins)) refuse('origins takes an array.')
  return origins.map((origin) => {
    if (origin === '*' || origin === 'null') return origin
    const url = urlOf(origin)
    const { protocol, host, pathname, search, hash, origin: named } = url ?? {}
    const isBare = /^\/?$/.test(pathname ?? 'none') && !search && !hash && url && !hasLogin(url) && host
    // Extensions of browsers have schemes of their own, whose origins URL does not know.
    if (isBare) return named === 'null' || !named ? `${protocol}//${host}` : named
    return refuse('origins takes origins such as "https://app.example:8443", without a path, or "*".')
  })
}

function verifyHosts(hosts: readonly string[]): readonly string[] {
  if (!Array.isArray(hosts)) refuse('hosts takes an array.')
  return hosts.map((host) =>
    host === '*' ? host : (hostOf(host) ?? refuse('hosts takes names such as "bridge.example.org", or "*".')),
  )
}

function verifyPublicUrl(given: string | undefined): URL | undefined {
  if (given === undefined) return undefined
  const url = urlOf(given)
  if (url && /^(wss?|https?):$/.test(url.protocol) && url.hash === '' && !hasLogin(url)) {
    url.protocol = url.protocol.replace('http', 'ws')
    return url
  }
  return refuse(
    'publicUrl takes a URL that begins with ws:// or wss:// and has neither a fragment nor a user or password.',
  )
}

function verifySwarm(given: BridgeOptions['swarm']): BridgeSwarm | undefined {
  if (given === undefined || given === false) return undefined
  if (given !== true && typeof given !== 'object')
    refuse('swarm takes true or false, or { bootstrap, host }.')
  const { bootstrap, host } = given === true ? ({} as BridgeSwarm) : given
  const { bootstrap: nodes = [] } = verifySwarmOptions({ bootstrap, host })
  const isLocal = nodes.length > 0 && nodes.every((node) => isLoopback(node.host))
  return { bootstrap, host: host ?? (isLocal ? '127.0.0.1' : undefined) }
}

function number(name: string, value: unknown, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    refuse(`${name} takes a whole number from ${least} to ${most}.`)
}

/** Browsers send neither with a WebSocket's origin, and what is printed shall hold no password. */
function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

function urlOf(given: unknown): URL | undefined {
  return URL.canParse(String(given)) ? new URL(String(given)) : undefined
}

function refuse(detail: string): never {
  throw new Replic8Error('ERR_BAD_OPTION', detail)
}
