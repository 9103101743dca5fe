import { transportError } from './transport-error.ts'
import type { WireStream } from './wire-stream.ts'

/** A pair of web streams of bytes, such as a WebTransport stream or a TransformStream's two ends. */
export interface WebStreamPair {
  readable: ReadableStream<Uint8Array>
  writable: WritableStream<Uint8Array>
}

export function isWebStreamPair(value: unknown): value is WebStreamPair {
  const pair = value as Partial<WebStreamPair> | null
  return typeof pair?.readable?.getReader === 'function' && typeof pair?.writable?.getWriter === 'function'
}

export function attachWebStreams(wire: WireStream, pair: WebStreamPair, onfail: (error: Error) => void) {
  const reader = pair.readable.getReader()
  const writer = pair.writable.getWriter()
  let ended = false

  wire.on('data', (chunk: Buffer) => {
    writer.write(chunk).catch((error) => onfail(transportError(error)))
    if ((writer.desiredSize ?? 0) > 0) return
    wire.pause()
    writer.ready.then(
      () => wire.resume(),
      (error) => onfail(transportError(error)),
    )
  })
  wire.on('end', () => {
    ended = true
    closing = writer.close().catch(() => {})
  })
  let closing: Promise<void> = Promise.resolve()
  wire.drained = (done) => void closing.then(done)
  wire.on('close', () => {
    reader.cancel().catch(() => {})
    if (!ended) writer.abort().catch(() => {})
  })
  void read()

  async function read() {
    try {
      while (!wire.destroying && !wire.writableEnding) {
        const { done, value } = await reader.read()
        if (done) return wire.end()
        if (wire.destroying || wire.writableEnding) return
        // What arrives belongs to this side from here on: it is decrypted in place.
        if (!wire.write(value)) await taken(wire)
      }
    } catch (error) {
      onfail(transportError(error))
    }
  }
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
