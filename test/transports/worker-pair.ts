import type { Connection } from '../../src/connection.ts'
import { carry } from '../../src/transports/worker-carrier.ts'
import { WorkerConnection } from '../../src/transports/worker-connection.ts'
import type { ConnectedPair, ConnectionFactory } from '../compliance/transport.ts'

const isNode = !('document' in globalThis)

/** A connection as its owner at the other side of a MessageChannel has it, and what takes that side away. */
export function lent(connection: Connection): { connection: WorkerConnection; vanish(): void } {
  const { port1, port2 } = new MessageChannel()
  const { kind, initiator } = connection
  carry(connection, port1)
  return { connection: new WorkerConnection(port2, { kind, initiator }), vanish: () => port2.close() }
}

/** Pairs of connections of which the first end, the second or both are lent. */
export function lentPairs(
  connect: () => Promise<ConnectedPair> | ConnectedPair,
  over: string,
): ConnectionFactory[] {
  const names = { first: 'the first end lent', second: 'the second end lent', both: 'both ends lent' }
  return Object.entries(names).map(([which, how]) => ({
    name: `worker (over ${over}, ${how})`,
    async connect(): Promise<ConnectedPair> {
      const { a, b, teardown, vanish } = await connect()
      const first = which === 'second' ? undefined : lent(a)
      const second = which === 'first' ? undefined : lent(b)
      return {
        async teardown() {
          await teardown()
          await Promise.all([first?.connection.over, second?.connection.over])
        },
        // Where there is none for a network, a port that closes stands for the end of its host. Browsers do not tell of it.
        ...(vanish ? { vanish } : first && isNode ? { vanish: first.vanish } : {}),
        a: first?.connection ?? a,
        b: second?.connection ?? b,
      }
    },
  }))
}
