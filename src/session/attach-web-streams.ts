import { Replic8Error } from '../errors.ts'
import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

/** A pair of web streams of bytes, such as a WebTransport stream or a TransformStream's two ends. */
export interface WebStreamPair {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array>
}

/** Milliseconds that the readable has to end by itself after the session is over. */
const linger = 1000

export function isWebStreamPair(value: unknown): value is WebStreamPair {
  const pair = value as Partial<WebStreamPair> | null
  return typeof pair?.readable?.getReader === 'function' && typeof pair?.writable?.getWriter === 'function'
}

export function attachWebStreams(wire: WireStream, pair: WebStreamPair, onfail: (error: Error) => void) {
  // Both before either is locked: a call that throws takes nothing.
  if (pair.readable.locked || pair.writable.locked)
    throw new Replic8Error(
      'ERR_BAD_ARGUMENT',
      'pipe takes a pair of web streams that nobody else has locked.',
    )
  const reader = pair.readable.getReader()
  const writer = pair.writable.getWriter()
  let closing: Promise<void> | null = null
  let read = false
  const failed = (error: unknown) => onfail(transportError(error))

  wire.on('data', (chunk: Buffer) => {
    writer.write(chunk).catch(failed)
    if ((writer.desiredSize ?? 0) > 0) return
    wire.pause()
    writer.ready.then(() => wire.resume(), failed)
  })
  wire.on('end', () => {
    closing = writer.close().catch(() => {})
  })
  wire.drained = (done) => void closing?.then(done)
  wire.on('close', letGo)
  if (wire.destroying) letGo()
  readAll(reader, wire)
    .catch(failed)
    .finally(() => {
      read = true
    })

  /** The session is over: the pair may end by itself, what still arrives is dropped. */
  function letGo() {
    const cancel = () => reader.cancel().catch(() => {})
    if (closing && !read) {
      const timer = setTimeout(cancel, linger)
      reader.closed.catch(() => {}).finally(() => clearTimeout(timer))
      return
    }
    cancel()
    if (!closing) writer.abort().catch(() => {})
  }
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, wire: WireStream) {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (wire.destroying || wire.writableEnding) continue
    if (!ArrayBuffer.isView(value))
      throw new Replic8Error('ERR_STREAM', 'It gives something else than bytes.')
    // What arrives belongs to this side from here on: it is decrypted in place.
    if (!wire.write(value)) await taken(wire)
  }
  wire.resume()
  wire.end()
}

/** Waits until the stream takes more, or is over. */
function taken(wire: WireStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      wire.off('drain', done)
      wire.off('close', done)
      resolve()
    }
    wire.on('drain', done)
    wire.on('close', done)
  })
}
