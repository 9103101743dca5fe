import type { Connection } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

/** What a transport that is wired to a session tells it. */
export interface AttachHooks {
  /** It failed, or stopped without an end. */
  onfail(error: Error): void
  /** It needs the place of this connection. */
  onretire(): void
}

export function isConnection(value: unknown): value is Connection {
  const connection = value as Partial<Connection> | null
  return [connection?.send, connection?.close, connection?.abort].every(
    (method) => typeof method === 'function',
  )
}

export function attachConnection(wire: WireStream, connection: Connection, hooks: AttachHooks) {
  const { onfail } = hooks
  let over = false
  let closing = false
  let arrived = 0

  connection.ondata = (chunk) => {
    if (wire.destroying || wire.writableEnding) return
    arrived += chunk.length
    wire.write(chunk)
    // A Connection can not be paused.
    if (arrived - wire.bytesReceived > wire.patience)
      onfail(new Replic8Error('ERR_HANDSHAKE', `The handshake is longer than ${wire.patience} bytes.`))
  }
  connection.ondrain = () => wire.resume()
  connection.onretire = () => hooks.onretire()
  connection.onclose = (error) => {
    over = true
    if (error) return onfail(transportError(error))
    wire.resume()
    if (!wire.writableEnding) wire.end()
  }
  wire.on('data', (chunk: Buffer) => {
    if (!over && !connection.send(chunk)) wire.pause()
  })
  wire.on('end', () => {
    closing = true
    if (!over) connection.close()
  })
  wire.on('close', letGo)
  if (wire.destroying) letGo()

  function letGo() {
    if (!over && !closing) connection.abort(transportError())
  }
}
