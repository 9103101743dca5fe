import { Replic8Error } from '../errors.ts'

/**
 * One side of a worker: the `Worker` on the page and `self` in it; the `port` of a SharedWorker; in Node a `Worker` of
 * worker_threads and its `parentPort`; or an end of any MessageChannel.
 */
export interface WorkerEndpoint {
  // biome-ignore lint/suspicious/noExplicitAny: the platforms' own types differ in what they transfer.
  postMessage(message: any, transfer: any): void
  addEventListener?: unknown
  removeEventListener?: unknown
  on?: unknown
  off?: unknown
  start?: unknown
}

type Listen = (type: 'message', listener: (event: never) => void) => void

/**
 * Hears what comes from the other side, the application's own messages among it; gives what ends that.
 * @throws ERR_BAD_ARGUMENT
 */
export function listen(endpoint: WorkerEndpoint, onmessage: (message: unknown) => void): () => void {
  const { addEventListener, removeEventListener, on, off, start } = endpoint
  if (typeof endpoint.postMessage === 'function' && typeof addEventListener === 'function') {
    const listener = (event: { data: unknown }) => onmessage(event.data)
    ;(addEventListener as Listen).call(endpoint, 'message', listener)
    // A MessagePort delivers nothing before; a worker has no such method.
    if (typeof start === 'function') start.call(endpoint)
    return () => (removeEventListener as Listen).call(endpoint, 'message', listener)
  }
  // A Worker of worker_threads.
  if (typeof endpoint.postMessage === 'function' && typeof on === 'function') {
    ;(on as Listen).call(endpoint, 'message', onmessage)
    return () => (off as Listen).call(endpoint, 'message', onmessage)
  }
  throw new Replic8Error('ERR_BAD_ARGUMENT', 'The other side must be a worker, or a MessagePort.')
}
