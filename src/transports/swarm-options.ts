import { Replic8Error } from '../errors.ts'
import type { DhtNode } from './swarm-hyperswarm.ts'
import { verifyNumber, verifyTimeout } from './verify-options.ts'

/** A node of a DHT by which others are found: '203.0.113.1:49737', a host name in place of the address, or the two apart. */
export type DhtAddress = string | { host: string; port: number }

export interface SwarmOptions {
  /** Nodes by which to enter the DHT; those of a private one, or none for its very first node. Default the public DHT's. */
  bootstrap?: readonly DhtAddress[]
  /**
   * IPv4 address to bind to. Default '0.0.0.0', and '127.0.0.1' where all of `bootstrap` is on loopback: the nodes of
   * such a DHT do not reach each other otherwise.
   */
  host?: string
  /** A node of the package hyperdht that is there already, and stays; in place of `bootstrap` and `host`. */
  dht?: DhtNode
  /** Connections at a time, 1 to 4,096; attempts count. Default 64. */
  maxPeers?: number
  /** Be found by others. Default true. */
  server?: boolean
  /** Look for others. Default true. */
  client?: boolean
  /** Milliseconds that a closing connection waits for the other end while nothing moves. Default 10,000. */
  closeTimeout?: number
  /**
   * Milliseconds that a peer has to show that it knows the topic. Default 3,000: a call that got no further than the
   * firewall of the other end seems to stand, and while it does the other end cannot call either.
   */
  helloTimeout?: number
}

export interface VerifiedSwarmOptions {
  bootstrap: { host: string; port: number }[] | undefined
  host: string | undefined
  dht: DhtNode | undefined
  maxPeers: number
  server: boolean
  client: boolean
  closeTimeout: number
  helloTimeout: number
}

/** Times in milliseconds. */
const defaults = { maxPeers: 64, server: true, client: true, closeTimeout: 10_000, helloTimeout: 3_000 }

const mostPeers = 4_096

/** The options with their defaults put in. @throws ERR_BAD_OPTION */
export function verifySwarmOptions(given: SwarmOptions): VerifiedSwarmOptions {
  const set = Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined))
  const { bootstrap, host, dht, ...rest } = set as SwarmOptions
  const { maxPeers, server, client, closeTimeout, helloTimeout } = { ...defaults, ...rest }
  verifyNumber('maxPeers', maxPeers, 1, mostPeers)
  verifyTimeout('closeTimeout', closeTimeout)
  verifyTimeout('helloTimeout', helloTimeout)
  if (typeof server !== 'boolean' || typeof client !== 'boolean')
    refuse('server and client must be true or false.')
  if (!server && !client) refuse('server and client cannot both be false: nobody would be met.')
  if (host !== undefined && !isIPv4(host)) refuse('host must be an IPv4 address, such as 127.0.0.1.')
  if (dht !== undefined) verifyNode(dht, bootstrap ?? host)
  const nodes = bootstrap === undefined ? undefined : verifyBootstrap(bootstrap)
  return {
    bootstrap: nodes,
    host: host ?? hostFor(nodes),
    dht,
    maxPeers,
    server,
    client,
    closeTimeout,
    helloTimeout,
  }
}

function verifyNode(dht: DhtNode, beside: unknown): void {
  const methods = ['connect', 'createServer', 'announce', 'lookup', 'on'] as const
  if (!methods.every((method) => typeof dht?.[method] === 'function'))
    refuse('dht must be a node of the package hyperdht.')
  if (beside !== undefined) refuse('bootstrap and host are those of the dht that was given.')
}

function verifyBootstrap(given: readonly DhtAddress[]): { host: string; port: number }[] {
  if (!Array.isArray(given)) refuse('bootstrap must be an array of addresses.')
  return given.map(parseAddress)
}

/** @throws ERR_BAD_OPTION unless it is 'host:port', or the two apart */
function parseAddress(given: DhtAddress): { host: string; port: number } {
  const [, start, end] = /^([^:@/\s]+):(\d{1,5})$/.exec(String(given)) ?? []
  const address = typeof given === 'string' ? { host: start, port: Number(end) } : given
  const { host, port } = address ?? {}
  const isHost = typeof host === 'string' && /^[^:@/\s]+$/.test(host)
  if (isHost && Number.isInteger(port) && port >= 1 && port <= 65_535) return { host, port }
  return refuse('bootstrap takes addresses like 203.0.113.1:49737.')
}

function hostFor(nodes: { host: string }[] = []): string | undefined {
  const isLocal = nodes.length > 0 && nodes.every(({ host }) => /^(127\.|localhost$)/.test(host))
  return isLocal ? '127.0.0.1' : undefined
}

function isIPv4(host: unknown): boolean {
  const parts = typeof host === 'string' ? host.split('.') : []
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function refuse(detail: string): never {
  throw new Replic8Error('ERR_BAD_OPTION', detail)
}
