/** What goes over the ports between a page and its worker: structured clones of these, from code of one application. */
import { type ErrorCode, errorCodes, type RemoteReason, Replic8Error } from '../errors.ts'

/** The mark by which both sides tell their messages from the application's on the same worker. */
const mark = 'replic8:transport'

/** To the page, on the worker itself: a transport is wanted, to be started so. Said again under the same id, it is one wish. */
export interface Wish {
  id: string
  topic: Uint8Array
  publicKey: Uint8Array
}

/** To the page, on the worker itself: the wish of this id holds no longer. */
export interface Withdrawal {
  withdrawn: string
}

/** To the worker, on the worker itself: a transport can be had; with a port, it is started, and this is its port. */
export interface Announcement {
  port?: MessagePort
}

/** A message on the worker itself, about the transport of a name. */
export const marked = <Message extends object>(name: string, message: Message) => ({
  type: mark,
  name,
  ...message,
})

/** What a message on the worker itself says about the transport of a name; undefined when it is about something else. */
export function readMarked<Message extends object>(name: string, message: unknown): Message | undefined {
  const { type, name: about } = (message ?? {}) as { type?: unknown; name?: unknown }
  return type === mark && about === name ? (message as Message) : undefined
}

/** On the port of a started transport, from the worker. */
export type ToTransport = 'stop'

/** On the port of a started transport, to the worker. `over`: it is stopped, whoever wanted that. */
export type FromTransport =
  | { type: 'started' | 'over' }
  | { type: 'failed' | 'problem'; error: ErrorRecord }
  | { type: 'connection'; kind: string; initiator: boolean | undefined; port: MessagePort }

/** On the port of a connection, from the worker. */
export type ToConnection = Uint8Array | 'close' | { abort: ErrorRecord }

/** On the port of a connection, to the worker. A number: so many bytes that it sent have been taken. */
export type FromConnection = Uint8Array | number | 'end' | 'retire' | 'closed' | { failed: ErrorRecord }

/** An error as a clone carries it: cloned itself, it would lose its code. */
export interface ErrorRecord {
  message: string
  code?: ErrorCode
  reason?: RemoteReason
  cause?: ErrorRecord
}

export function recordOf(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { message: String(error) }
  const { message, cause } = error
  const record: ErrorRecord = { message }
  if (error instanceof Replic8Error) {
    record.code = error.code
    // The sentence of the code is put behind it again.
    const sentence = errorCodes[error.code]
    if (message.endsWith(sentence)) record.message = message.slice(0, -sentence.length).trimEnd()
    if (error.reason) record.reason = error.reason
  }
  if (cause !== undefined) record.cause = recordOf(cause)
  return record
}

export function errorOf({ message, code, reason, cause }: ErrorRecord): Error {
  const options = {
    ...(cause ? { cause: errorOf(cause) } : {}),
    ...(reason ? { reason } : {}),
  }
  return code ? new Replic8Error(code, message, options) : new Error(message, options)
}

/**
 * Posts bytes that belong to the one who posts. A whole buffer moves; of one that may hold what is somebody else's, as
 * Node's pool does, a copy is made.
 */
export function postBytes(port: MessagePort, bytes: Uint8Array): void {
  const { buffer } = bytes
  const isWhole = bytes.length === buffer.byteLength && buffer instanceof ArrayBuffer
  // A subclass, such as a Buffer, arrives as a plain one from every platform.
  const own = isWhole ? new Uint8Array(buffer) : Uint8Array.prototype.slice.call(bytes)
  port.postMessage(own, [own.buffer])
}

/** Hears of a port whose other side is gone, where the platform tells. */
export function onPortGone(port: MessagePort, ongone: () => void): void {
  port.addEventListener('close', ongone)
}
