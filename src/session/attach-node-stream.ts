import { Replic8Error } from '../errors.ts'
import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

/** What Node streams, streamx streams and simple-peer have in common. */
export interface NodeStream {
  readonly destroyed?: boolean
  readonly readableEnded?: boolean
  write(chunk: Uint8Array): boolean
  end(): unknown
  pause(): unknown
  resume(): unknown
  destroy(error?: Error): unknown
  on(event: string, handler: (value: never) => void): unknown
}

/** Milliseconds that a transport has to send what it was given, after the session is over. */
const sending = 10_000
/** Milliseconds that it then has to end by itself. */
const linger = 1000

export function isNodeStream(value: unknown): value is NodeStream {
  const stream = value as Partial<NodeStream> | null
  return [stream?.write, stream?.end, stream?.on, stream?.pause, stream?.resume].every(
    (method) => typeof method === 'function',
  )
}

export function attachNodeStream(wire: WireStream, stream: NodeStream, onfail: (error: Error) => void) {
  const state = { ended: false, sent: false, closed: false }

  wire.on('data', (chunk: Buffer) => {
    if (!state.closed && stream.write(chunk) === false) wire.pause()
  })
  wire.on('end', () => {
    state.ended = true
    if (!state.closed) stream.end()
  })
  wire.drained = (done) => {
    if (state.closed || state.sent) return done()
    stream.on('finish', done)
    stream.on('close', done)
  }
  wire.on('drain', () => stream.resume())
  wire.on('close', () => letGo(stream, state))

  stream.on('drain', () => wire.resume())
  stream.on('finish', () => {
    state.sent = true
  })
  stream.on('data', (chunk: Uint8Array | string) => {
    if (wire.destroying || wire.writableEnding) return
    if (typeof chunk === 'string')
      return onfail(new Replic8Error('ERR_STREAM', 'It gives text, and must give bytes.'))
    if (wire.write(chunk) === false) stream.pause()
  })
  let heardAll = false
  stream.on('end', () => {
    heardAll = true
    wire.end()
  })
  // What fails after its end takes nothing away: the peer's last words may still wait to be heard.
  stream.on('error', (error: Error) => {
    if (!heardAll) onfail(transportError(error))
  })
  stream.on('close', () => {
    state.closed = true
    // What came before is still being taken; if there is no goodbye in it, this is a cut.
    wire.resume()
    wire.end()
  })

  if (wire.destroying) letGo(stream, state)
  else if (stream.destroyed || stream.readableEnded) onfail(transportError())
}

/** The session is over: the transport may end by itself, what still arrives is read and dropped. */
function letGo(stream: NodeStream, state: { ended: boolean; sent: boolean; closed: boolean }) {
  if (state.closed) return
  if (!state.ended) {
    stream.destroy()
    return
  }
  let timer = later(stream, state.sent ? linger : sending)
  stream.on('finish', () => {
    clearTimeout(timer)
    if (!state.closed) timer = later(stream, linger)
  })
  stream.on('close', () => clearTimeout(timer))
  stream.resume()
}

/** Destroys a stream that takes too long; keeps no process alive for that. */
function later(stream: NodeStream, ms: number) {
  const timer = setTimeout(() => stream.destroy(), ms)
  ;(timer as { unref?(): void }).unref?.()
  return timer
}
