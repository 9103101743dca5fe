/** A private DHT on loopback, and what the tests of the swarm have in common. */
import DHT from 'hyperdht'
import createTestnet from 'hyperdht/testnet.js'
import Hyperswarm from 'hyperswarm'
import type { Connection, Transport } from '../../src/connection.ts'
import type { DhtNode } from '../../src/transports/swarm.ts'
import { type SwarmOptions, swarm } from '../../src/transports/swarm.ts'
import type { ConnectionFactory } from '../compliance/transport.ts'

export const host = '127.0.0.1'

export interface PrivateDht {
  bootstrap: { host: string; port: number }[]
  /** A transport in this DHT. */
  swarm(options?: SwarmOptions): Transport
  /** A node, to be destroyed by the test. */
  node(): DhtNode
  /** A Hyperswarm of somebody else's, to be destroyed by the test. */
  // biome-ignore lint/suspicious/noExplicitAny: the package has no types.
  stranger(): any
  close(): Promise<void>
}

export async function privateDht(): Promise<PrivateDht> {
  // A peer asks four nodes how it is seen from outside, and cannot be called before it knows.
  const testnet = await createTestnet(6, { host })
  const { bootstrap } = testnet
  const node = () => new DHT({ bootstrap, host })
  return {
    bootstrap,
    swarm: (options = {}) => swarm({ bootstrap, host, ...options }),
    node,
    stranger: () => new Hyperswarm({ dht: node() }),
    close: () => testnet.destroy(),
  }
}

/** Pairs of connections of which the first end dialled, or was dialled. */
export function swarmPairs(dht: () => PrivateDht, firstEnd: 'caller' | 'answerer'): ConnectionFactory {
  return {
    name: `swarm (first end: ${firstEnd})`,
    async connect() {
      const topic = crypto.getRandomValues(new Uint8Array(32))
      const transports = [dht().swarm(), dht().swarm()]
      const ends = await Promise.all(transports.map((transport) => met(transport, topic)))
      const end = (initiator: boolean) => ends.find((one) => one.initiator === initiator) as Connection
      return {
        a: end(firstEnd === 'caller'),
        b: end(firstEnd !== 'caller'),
        async teardown() {
          for (const one of ends) one.abort(new Error('The test is over.'))
          await Promise.all(transports.map((transport) => transport.stop()))
        },
      }
    },
  }
}

/** Starts the transport, and gives its first connection. */
export function met(transport: Transport, topic: Uint8Array): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const publicKey = crypto.getRandomValues(new Uint8Array(32))
    Promise.resolve(transport.start({ topic, publicKey, onconnection: resolve, onproblem: reject })).catch(
      reject,
    )
  })
}
