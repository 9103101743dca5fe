/** RTCPeerConnection exists in no worker: a page has the transport, and a worker, with the engine in it, uses it. */
import type { Transport } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import type { WorkerEndpoint } from './worker-endpoint.ts'
import { ExposedTransport } from './worker-exposed.ts'
import { WrappedTransport } from './worker-wrapped.ts'

export type { WorkerEndpoint } from './worker-endpoint.ts'

export interface WorkerTransportOptions {
  /** Tells the transports of one worker apart; the same on both sides. Default 'replic8'. */
  name?: string
}

/** What `exposeTransport` gives back. */
export interface Exposed {
  /** Stops the transport, which closes its connections; resolves when that is done. It can be exposed again. */
  close(): Promise<void>
}

/**
 * On the page: lets a worker use a transport. It is started when the worker asks for it and brings its connections
 * there; the page moves their bytes, and loads neither engine nor storage. When the worker is seen to be gone, they are
 * cut and the transport is stopped.
 * @param transport one that was not started; nobody else may use it
 * @throws ERR_BAD_ARGUMENT, ERR_BAD_OPTION
 */
export function exposeTransport(
  transport: Transport,
  worker: WorkerEndpoint,
  options: WorkerTransportOptions = {},
): Exposed {
  const name = nameOf(options)
  if (typeof transport?.start !== 'function' || typeof transport.stop !== 'function')
    throw new Replic8Error('ERR_BAD_ARGUMENT', 'What is exposed must be a transport, such as webrtc().')
  return new ExposedTransport(transport, worker, name)
}

/**
 * In the worker: the transport that the page exposes, to be given to `replicator.join`. `start` resolves when the page's
 * transport has started, and fails with its error; until a page exposes one it waits. When a page exposes another one by
 * the same name, that is started in its place.
 * @param page the other side. Default: `self`, in a dedicated worker of a browser; in Node pass `parentPort`
 * @throws ERR_BAD_ARGUMENT, ERR_BAD_OPTION
 */
export function wrapTransport(
  page: WorkerEndpoint = globalThis as WorkerEndpoint,
  options: WorkerTransportOptions = {},
): Transport {
  return new WrappedTransport(page, nameOf(options))
}

function nameOf({ name = 'replic8' }: WorkerTransportOptions): string {
  if (typeof name === 'string' && name !== '') return name
  throw new Replic8Error('ERR_BAD_OPTION', 'name must be a text that is not empty.')
}
