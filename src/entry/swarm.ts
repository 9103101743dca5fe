export type { Connection, Transport, TransportTarget } from '../connection.ts'
export { type DhtAddress, type DhtNode, type SwarmOptions, swarm } from '../transports/swarm.ts'
