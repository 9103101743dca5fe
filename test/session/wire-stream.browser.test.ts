import { expect, test } from 'vitest'
import { WireStream } from '../../src/session/wire-stream.ts'

const ignore = () => {}

test('a page takes a bounded number of bytes in one task, all of them and in order', async () => {
  // Counts tasks: each message asks for the next one.
  let task = 0
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    task++
    port2.postMessage(0)
  }
  port2.postMessage(0)

  const perTask = new Map<number, number>()
  const received: Uint8Array[] = []
  const stream = new WireStream(1_000_000, 1_000_000, {
    onattach: ignore,
    onbytes(bytes, done) {
      perTask.set(task, (perTask.get(task) ?? 0) + bytes.length)
      received.push(bytes)
      done()
    },
    onend: (done) => done(),
    ondestroy: (error) => error,
    onrelease: ignore,
    onclose: ignore,
    ondrain: ignore,
  })
  stream.resume()
  const sent = new Uint8Array(1_000_000).map((_, i) => (i * 31) >> 8)
  const finished = new Promise((resolve) => stream.on('finish', resolve))
  for (let start = 0; start < sent.length; start += 100_000)
    stream.write(sent.subarray(start, start + 100_000))
  stream.end()
  await finished
  port1.close()
  expect(new Uint8Array(await new Blob(received as Uint8Array<ArrayBuffer>[]).arrayBuffer())).toEqual(sent)
  expect(stream.bytesReceived).toBe(sent.length)
  expect(Math.max(...perTask.values())).toBeLessThanOrEqual(2 * 65_536)
})
