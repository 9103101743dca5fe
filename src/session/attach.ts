import { Replic8Error } from '../errors.ts'
import { type AttachHooks, attachConnection, isConnection } from './attach-connection.ts'
import { attachNodeStream, isNodeStream } from './attach-node-stream.ts'
import { attachWebStreams, isWebStreamPair } from './attach-web-streams.ts'
import type { WireStream } from './wire-stream.ts'

/**
 * Wires a transport to a session's stream, both directions. Gives the kind of a Connection, or 'stream'.
 * Errors: ERR_BAD_ARGUMENT for something that is no stream.
 */
export function attach(wire: WireStream, transport: unknown, hooks: AttachHooks): string {
  if (wire.piped)
    throw new Replic8Error('ERR_BAD_ARGUMENT', 'A session takes one stream; this one has its own.')
  if (isConnection(transport)) attachConnection(wire, transport, hooks)
  else if (isNodeStream(transport)) attachNodeStream(wire, transport, hooks.onfail)
  else if (isWebStreamPair(transport)) attachWebStreams(wire, transport, hooks.onfail)
  else
    throw new Replic8Error(
      'ERR_BAD_ARGUMENT',
      'pipe takes a duplex stream, a { readable, writable } pair or a Connection.',
    )
  wire.piped = true
  return isConnection(transport) ? transport.kind : 'stream'
}
