import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

/** What Node streams, streamx streams and simple-peer have in common. */
export interface NodeStream {
  write(chunk: Uint8Array): boolean
  end(): unknown
  pause(): unknown
  resume(): unknown
  destroy(error?: Error): unknown
  on(event: string, handler: (value: never) => void): unknown
  removeListener(event: string, handler: (value: never) => void): unknown
}

/** Milliseconds that a transport has to end by itself after the session is over. */
const linger = 1000

export function isNodeStream(value: unknown): value is NodeStream {
  const stream = value as Partial<NodeStream> | null
  return [stream?.write, stream?.end, stream?.on, stream?.pause, stream?.resume].every(
    (method) => typeof method === 'function',
  )
}

export function attachNodeStream(wire: WireStream, stream: NodeStream, onfail: (error: Error) => void) {
  let finished = false
  let gone = false

  wire.on('data', (chunk: Buffer) => {
    if (!finished && stream.write(chunk) === false) wire.pause()
  })
  wire.on('end', () => {
    finished = true
    if (!gone) stream.end()
  })
  wire.drained = (done) => {
    if (gone) return done()
    stream.on('finish', done)
    stream.on('close', done)
  }
  wire.on('drain', () => stream.resume())
  wire.on('close', () => letGo())

  stream.on('drain', () => wire.resume())
  stream.on('data', (chunk: Uint8Array) => {
    if (wire.destroying || wire.writableEnding) return
    if (wire.write(chunk) === false) stream.pause()
  })
  stream.on('end', () => wire.end())
  stream.on('error', (error: Error) => {
    gone = true
    onfail(transportError(error))
  })
  stream.on('close', () => {
    gone = true
    // An end that came before the close is still being taken; a close without an end is a cut.
    if (!wire.writableEnding) onfail(transportError())
  })

  /** The session is over: the transport may end by itself, what still arrives is read and dropped. */
  function letGo() {
    if (gone) return
    if (!finished) {
      stream.destroy()
      return
    }
    stream.resume()
    const timer = setTimeout(() => stream.destroy(), linger)
    stream.on('close', () => clearTimeout(timer))
  }
}
