import type { Joined } from '../replicator/joining.ts'
import type { Replicator } from '../replicator/replicator.ts'
import type { Session } from '../session/session.ts'
import { type DhtAddress, type DhtNode, swarm } from '../transports/swarm.ts'
import { openDht } from '../transports/swarm-hyperswarm.ts'
import { verifySwarmOptions } from '../transports/swarm-options.ts'
import { BridgeLink, type BridgeLinkOptions } from './network-link.ts'

/** What two bridges say to each other beside what all peers do. */
export const extensionName = 'replic8/signal'

/** One key of a bridge. */
export interface NetworkKey {
  /** 32 bytes. */
  topic: Uint8Array
  replicator: Replicator
}

export interface NetworkOptions extends Pick<BridgeLinkOptions, 'signal' | 'observer'> {
  keys: readonly NetworkKey[]
  /** As of `swarm`. */
  bootstrap?: readonly DhtAddress[] | undefined
  host?: string | undefined
}

/** The presence of a bridge among the others of its keys. */
export interface Network {
  /** Other bridges that it hears of members from, once for each key that they share. */
  readonly bridges: number
  /** Ends the sessions with them; resolves when nothing is left running. */
  close(): Promise<void>
}

/**
 * Makes a bridge part of a network: its replicators meet those of the same keys by Hyperswarm, all over one node of the
 * DHT, and where the peer is a bridge, too, the members of either's signalling see those of the other's.
 *
 * Rejects with ERR_BAD_OPTION; ERR_NOT_INSTALLED without the package hyperswarm; ERR_CONNECTION where `host` is no
 * address of this machine. What fails later is a `problem` of the replicators.
 */
export async function joinNetwork(options: NetworkOptions): Promise<Network> {
  const { keys, bootstrap, host } = options
  const given = { ...(bootstrap && { bootstrap }), ...(host !== undefined && { host }) }
  const dht = await openDht(verifySwarmOptions(given))
  const members = keys.map((key) => new KeyNetwork(key, dht, options))
  return {
    get bridges() {
      return members.reduce((sum, { bridges }) => sum + bridges, 0)
    },
    async close() {
      await Promise.all(members.map((member) => member.leave()))
      await dht.destroy()
    },
  }
}

/** The other bridges of one key. */
class KeyNetwork {
  readonly #key: NetworkKey
  readonly #options: NetworkOptions
  readonly #joined: Joined
  readonly #links = new Map<Session, BridgeLink>()
  readonly #onsession = (session: Session): void => this.#meet(session)
  readonly #onclose = (_: unknown, session: Session): void => this.#part(session)

  constructor(key: NetworkKey, dht: DhtNode, options: NetworkOptions) {
    const { replicator } = key
    this.#key = key
    this.#options = options
    replicator.on('session', this.#onsession).on('close', this.#onclose)
    this.#joined = replicator.join(swarm({ dht }))
  }

  get bridges(): number {
    return [...this.#links.values()].filter(({ isBridge }) => isBridge).length
  }

  async leave(): Promise<void> {
    this.#key.replicator.off('session', this.#onsession).off('close', this.#onclose)
    for (const session of [...this.#links.keys()]) this.#part(session)
    await this.#joined.leave()
  }

  /** Of each session by itself: what a replicator sends goes to a peer by the oldest session, which may be dead. */
  #meet(session: Session): void {
    // A browser that holds the key has no members of its own, and no say in who others are.
    if (session.connectionKind !== 'swarm') return
    const { signal, observer } = this.#options
    const extension = session.registerExtension<string>(extensionName, {
      encoding: 'utf-8',
      onmessage: (text) => link.take(text),
    })
    const link = new BridgeLink({
      ...{ signal, observer, topic: this.#key.topic },
      onpeer: (id) => this.#moved(id, session),
      send: (text) => extension.send(text),
    })
    this.#links.set(session, link)
  }

  #part(session: Session): void {
    this.#links.get(session)?.close()
    this.#links.delete(session)
  }

  /**
   * Who loses its bridge goes to another, and is said to be there long before the session with a bridge that died is
   * given up: what is meant for it must not go that way. Two sessions with one bridge tell of the same members.
   */
  #moved(id: string, to: Session): void {
    for (const [session, link] of this.#links)
      if (!session.remotePublicKey?.equals(to.remotePublicKey as Buffer)) link.forget(id)
  }
}
