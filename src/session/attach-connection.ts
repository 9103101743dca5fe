import type { Connection } from '../connection.ts'
import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

export function isConnection(value: unknown): value is Connection {
  const connection = value as Partial<Connection> | null
  return [connection?.send, connection?.close, connection?.abort].every(
    (method) => typeof method === 'function',
  )
}

export function attachConnection(wire: WireStream, connection: Connection, onfail: (error: Error) => void) {
  let over = false

  connection.ondata = (chunk) => {
    // A Connection can not be paused; what it delivers is bounded by what the peer may have outstanding.
    if (!wire.destroying && !wire.writableEnding) wire.write(chunk)
  }
  connection.ondrain = () => wire.resume()
  connection.onclose = (error) => {
    over = true
    if (error) onfail(transportError(error))
    else if (!wire.writableEnding) wire.end()
  }
  wire.on('data', (chunk: Buffer) => {
    if (!over && !connection.send(chunk)) wire.pause()
  })
  let closing = false
  wire.on('end', () => {
    closing = true
    if (!over) connection.close()
  })
  wire.on('close', () => {
    if (!over && !closing) connection.abort(transportError())
  })
}
