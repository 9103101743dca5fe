import { expect, test } from 'vitest'
import { WireStream } from '../../src/session/wire-stream.ts'
import { turn } from '../helpers/sessions.ts'

const ignore = () => {}
const key = 0x55

/** A wire that encrypts by turning bits around, and what comes out of it. */
function wire({ mark = 1_000_000, ondrain = ignore } = {}) {
  const pieces: Buffer[] = []
  const stream = new WireStream(mark, 1_000_000, {
    onattach: ignore,
    onbytes: (_, done) => done(),
    onend: (done) => done(),
    ondestroy: (error) => error,
    onrelease: ignore,
    onclose: ignore,
    ondrain,
  })
  stream.seal = (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ key
  }
  stream.on('data', (bytes: Buffer) => pieces.push(bytes))
  const text = () => pieces.map((piece) => Buffer.from(piece.map((byte) => byte ^ key)).toString())
  return { stream, text }
}

test('what is sent in one turn travels in one piece, in order', async () => {
  const { stream, text } = wire()
  for (const message of ['one ', 'two ', 'three']) stream.send(Buffer.from(message))
  expect(stream.queuedBytes).toBe(13)
  await turn()
  stream.send(Buffer.from('later'))
  await turn()
  expect(text()).toEqual(['one two three', 'later'])
  expect([stream.queuedBytes, stream.bytesSent]).toEqual([0, 18])
})

test('pieces stay small, and what is large travels alone', async () => {
  const { stream, text } = wire()
  stream.send(Buffer.from('before'))
  stream.send(Buffer.alloc(100_000, 'x'))
  for (let i = 0; i < 40; i++) stream.send(Buffer.alloc(1000, 'y'))
  await turn()
  expect(text().join('')).toBe(`before${'x'.repeat(100_000)}${'y'.repeat(40_000)}`)
  expect(text().map(({ length }) => length)).toEqual([6, 100_000, 16_000, 16_000, 8_000])
})

test('what was sent before the end comes before it', async () => {
  const { stream, text } = wire()
  const ended = new Promise((resolve) => stream.on('end', resolve))
  stream.send(Buffer.from('the last '))
  stream.send(Buffer.from('words'))
  stream.finish()
  stream.send(Buffer.from('too late'))
  await ended
  expect(text()).toEqual(['the last words'])
})

test('what is above the mark only until the end of the turn is told of, too', async () => {
  let drains = 0
  const { stream, text } = wire({ mark: 10, ondrain: () => drains++ })
  await turn()
  stream.send(Buffer.from('more than ten'))
  expect([stream.queuedBytes, drains]).toEqual([13, 0])
  await turn()
  expect([stream.queuedBytes, drains]).toEqual([0, 1])
  expect(text()).toEqual(['more than ten'])
})
