import { createRequire } from 'node:module'
import { toReplic8Error } from '../errors.ts'

/** The packages hyperswarm and hyperdht: the only file that names them, with what is used of the two. */

/** A node of the package hyperdht. */
export interface DhtNode {
  connect(publicKey: Uint8Array, options?: object): unknown
  createServer(...args: never[]): unknown
  announce(...args: never[]): unknown
  lookup(topic: Uint8Array, options?: object): unknown
  // biome-ignore lint/suspicious/noExplicitAny: an event emitter of any kind.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off(event: string, listener: (...args: any[]) => void): unknown
  destroy(): Promise<void>
}

interface Events {
  // biome-ignore lint/suspicious/noExplicitAny: each event has a listener of its own.
  on(event: string, listener: (...args: any[]) => void): this
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  off(event: string, listener: (...args: any[]) => void): this
}

/**
 * A duplex of streamx that is encrypted end to end (Noise IK) over a stream of UDX, which is reliable and half-closes.
 * Each `write` arrives as one `data`.
 */
export interface NoiseStream extends Events {
  readonly isInitiator: boolean
  /** The same at both ends, and of this connection only; 64 bytes. */
  readonly handshakeHash: Uint8Array
  /** Is over, `close`, when everything has arrived: later than the stream itself, which ends when all is handed on. */
  readonly rawStream: Events
  write(chunk: Uint8Array): boolean
  end(): void
  destroy(err?: Error): void
}

/** What Hyperswarm knows of a peer. */
export interface SwarmPeer {
  /** false: it is not dialled again by itself. */
  reconnect(again: boolean): void
}

/** One topic. */
export interface Discovery {
  /** Announces and looks once, or waits for what is under way; false when that failed. */
  refresh(): Promise<boolean | undefined>
}

export interface Hyperswarm {
  on(event: 'connection', listener: (stream: NoiseStream, peer: SwarmPeer) => void): void
  join(topic: Uint8Array, options: { server: boolean; client: boolean }): Discovery
  /** Stops announcing and listening, and the DHT node with it. */
  destroy(): Promise<void>
}

export interface HyperswarmOptions {
  bootstrap: { host: string; port: number }[] | undefined
  host: string | undefined
  dht: DhtNode | undefined
  maxPeers: number
}

interface Packages {
  Hyperswarm: new (options: { dht: DhtNode; maxPeers: number }) => Hyperswarm
  Dht: new (options: object) => DhtNode & { bind(): Promise<void> }
}

/** Rejects with ERR_NOT_INSTALLED, and with ERR_CONNECTION where `host` is no address of this machine. */
export async function openHyperswarm({ dht, maxPeers, ...address }: HyperswarmOptions): Promise<Hyperswarm> {
  const { Hyperswarm } = await load()
  if (dht) return borrowing(dht, (node) => new Hyperswarm({ dht: node, maxPeers }))
  return new Hyperswarm({ dht: await openDht(address), maxPeers })
}

/** A node of a DHT, for one transport or for several. Rejects as `openHyperswarm` does. */
export async function openDht(address: Pick<HyperswarmOptions, 'bootstrap' | 'host'>): Promise<DhtNode> {
  const { Dht } = await load()
  const { bootstrap, host } = address
  const node = new Dht({ bootstrap, host })
  try {
    await node.bind()
    return node
  } catch (error) {
    await node.destroy()
    throw toReplic8Error(error, 'ERR_CONNECTION')
  }
}

async function load(): Promise<Packages> {
  try {
    const { default: Hyperswarm } = await import('hyperswarm')
    // The one that this Hyperswarm uses: it is a dependency of a dependency, wherever it was put.
    const resolve = createRequire(import.meta.url).resolve
    const Dht = createRequire(resolve('hyperswarm'))('hyperdht')
    return { Hyperswarm, Dht }
  } catch (error) {
    throw toReplic8Error(error, 'ERR_NOT_INSTALLED')
  }
}

/**
 * A Hyperswarm over a node that is somebody else's: Hyperswarm destroys its node in the end and never takes its
 * listeners back, so it gets a stand-in that does the one not, and the other.
 */
function borrowing(dht: DhtNode, make: (node: DhtNode) => Hyperswarm): Hyperswarm {
  const listeners: [string, () => void][] = []
  const giveBack = async () => {
    for (const [event, listener] of listeners.splice(0)) dht.off(event, listener)
  }
  const own: Partial<DhtNode> = {
    destroy: giveBack,
    on(event, listener) {
      listeners.push([event, listener])
      return dht.on(event, listener)
    },
  }
  const node = new Proxy(dht, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof DhtNode]
      const value = Reflect.get(dht, name)
      return typeof value === 'function' ? value.bind(dht) : value
    },
  })
  return make(node)
}
