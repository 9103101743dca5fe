export type { Connection, Transport, TransportTarget } from '../connection.ts'
export {
  type Exposed,
  exposeTransport,
  type WorkerEndpoint,
  type WorkerTransportOptions,
  wrapTransport,
} from '../transports/worker.ts'
