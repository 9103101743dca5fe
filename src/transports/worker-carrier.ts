import type { Connection } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import {
  errorOf,
  type FromConnection,
  onPortGone,
  postBytes,
  recordOf,
  type ToConnection,
} from './worker-messages.ts'

/** The page's part of a connection that a worker owns. */
export interface Carried {
  /** Resolves when the connection is over. */
  readonly over: Promise<void>
  /** The worker is gone: ends the connection. */
  cut(): void
}

/**
 * Joins a connection of the page with the port of the worker that owns it: what comes from either goes to the other. What
 * the connection does not take is reported as taken only when it has drained, which holds back the worker.
 */
export function carry(connection: Connection, port: MessagePort): Carried {
  let isOver = false
  /** Bytes of the worker that the connection holds above its mark. */
  let held = 0
  let settle!: () => void
  const over = new Promise<void>((resolve) => {
    settle = resolve
  })

  const post = (message: FromConnection) => {
    if (!isOver) port.postMessage(message)
  }
  const abort = (error: Error) => {
    if (isOver) return
    isOver = true
    connection.abort(error)
  }
  const cut = () => abort(new Replic8Error('ERR_CONNECTION', 'The worker is gone.'))
  connection.ondata = (chunk) => {
    if (!isOver) postBytes(port, chunk)
  }
  connection.ondrain = () => {
    post(held)
    held = 0
  }
  connection.onend = () => post('end')
  connection.onretire = () => post('retire')
  connection.onclose = (error) => {
    post(error ? { failed: recordOf(error) } : 'closed')
    isOver = true
    settle()
  }
  port.onmessage = ({ data }: MessageEvent<ToConnection>) => {
    if (data instanceof Uint8Array) {
      const bytes = data.length
      if (connection.send(data)) post(bytes)
      else held += bytes
    } else if (data === 'close') connection.close()
    else {
      port.close()
      abort(errorOf(data.abort))
    }
  }
  onPortGone(port, cut)
  return { over, cut }
}
