import { Duplex as NodeDuplex, pipeline } from 'node:stream'
import { expect, test } from 'vitest'
import {
  type ControllableWire,
  controllableWire,
  dropChunk,
  duplicateChunk,
  flipByteAt,
  swapChunk,
  type WireEnd,
} from '../helpers/controllable-wire.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))
const closed = (end: WireEnd) => new Promise<void>((resolve) => end.on('close', resolve))

function reading(end: WireEnd) {
  const read = { text: '', chunks: [] as Uint8Array[], ended: false, errors: [] as Error[] }
  end.on('data', (chunk: Uint8Array) => {
    read.chunks.push(chunk)
    read.text += new TextDecoder().decode(chunk)
  })
  end.on('end', () => {
    read.ended = true
  })
  end.on('error', (err: Error) => read.errors.push(err))
  return read
}

function write(wire: ControllableWire, ...texts: string[]) {
  return texts.map((text) => wire.a.write(new TextEncoder().encode(text)))
}

test('carries what is written, both ways, and the ends of both streams', async () => {
  const wire = controllableWire()
  const [atA, atB] = [reading(wire.a), reading(wire.b)]
  write(wire, 'one', 'two')
  wire.b.end(new TextEncoder().encode('three'))
  wire.a.end()
  await Promise.all([closed(wire.a), closed(wire.b)])
  expect([atA.text, atB.text, atA.ended, atB.ended]).toEqual(['three', 'onetwo', true, true])
  expect(wire.bytes('a→b')).toEqual({ sent: 6, sentChunks: 2, delivered: 6, deliveredChunks: 2 })
  expect(wire.bytes('b→a').delivered).toBe(5)
})

test('copies, so that a reader can change what it gets', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  const mine = new Uint8Array([1, 2])
  wire.a.write(mine)
  await settled()
  read.chunks[0]?.fill(9)
  expect(mine).toEqual(new Uint8Array([1, 2]))
})

test('stops the writer while it is paused, and goes on when resumed', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  let drained = 0
  wire.a.on('drain', () => drained++)
  wire.pause('a→b')
  const answers = write(wire, 'x'.repeat(10_000), 'y'.repeat(10_000), 'end')
  await settled()
  expect([read.text, answers.at(-1), drained, wire.bytes('a→b').sent]).toEqual(['', false, 0, 0])
  wire.resume('a→b')
  await settled()
  expect([read.text.length, drained]).toEqual([20_003, 1])
})

test('lets a reader that does not read hold back the writer', async () => {
  const wire = controllableWire()
  for (let i = 0; i < 20; i++) wire.a.write(new Uint8Array(10_000))
  await settled()
  expect(wire.bytes('a→b').sent).toBeLessThan(100_000)
  reading(wire.b)
  await settled()
  expect(wire.bytes('a→b').delivered).toBe(200_000)
})

test('delays chunks until they are released, one by one or all', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.hold('a→b')
  write(wire, 'a', 'b', 'c', 'd')
  wire.a.end()
  await settled()
  expect([wire.held('a→b'), read.text, wire.bytes('a→b').sent]).toEqual([5, '', 4])
  wire.flush('a→b', 1)
  await settled()
  expect([wire.held('a→b'), read.text]).toEqual([4, 'a'])
  wire.flush('a→b')
  await settled()
  expect([wire.held('a→b'), read.text, read.ended]).toEqual([0, 'abcd', true])
})

test('holds one direction and not the other', async () => {
  const wire = controllableWire()
  const [atA, atB] = [reading(wire.a), reading(wire.b)]
  wire.hold('a→b')
  write(wire, 'held')
  wire.b.write(new TextEncoder().encode('free'))
  await settled()
  expect([atA.text, atB.text]).toEqual(['free', ''])
})

test.each([
  // 'e' is 0x65, so with its lowest bit flipped it is 'd'.
  ['flips a byte at an offset of the stream', flipByteAt(4), 'abcddfghi'],
  ['drops a chunk', dropChunk(1), 'abcghi'],
  ['duplicates a chunk', duplicateChunk(1), 'abcdefdefghi'],
  ['swaps a chunk with the next', swapChunk(0), 'defabcghi'],
] as const)('%s', async (_, tap, expected) => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.tap('a→b', tap)
  write(wire, 'abc', 'def', 'ghi')
  await settled()
  expect(read.text).toBe(expected)
})

test('takes a tap out again, and counts what was written and what came through', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.tap('a→b', () => [])
  write(wire, 'lost')
  await settled()
  wire.tap('a→b', null)
  write(wire, 'kept')
  await settled()
  expect(read.text).toBe('kept')
  expect(wire.bytes('a→b')).toMatchObject({ sent: 8, delivered: 4 })
})

test('puts in bytes that nobody wrote', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.inject('a→b', new TextEncoder().encode('forged'))
  await settled()
  expect(read.text).toBe('forged')
})

test('cuts both ends at once, with or without an error, and without an end', async () => {
  for (const err of [undefined, new Error('pulled out')]) {
    const wire = controllableWire()
    const reads = [reading(wire.a), reading(wire.b)]
    wire.cut(err)
    await Promise.all([closed(wire.a), closed(wire.b)])
    expect(reads.map(({ ended, errors }) => [ended, errors])).toEqual([
      [false, err ? [err] : []],
      [false, err ? [err] : []],
    ])
  }
})

test('closes the other end without an end when one is destroyed', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.pause('a→b')
  write(wire, 'never')
  wire.a.destroy()
  await Promise.all([closed(wire.a), closed(wire.b)])
  expect([read.ended, read.text, read.errors]).toEqual([false, '', []])
})

test('still delivers the end of an end that is destroyed after it', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.hold('a→b')
  write(wire, 'last words')
  wire.a.end()
  await settled()
  wire.a.destroy()
  await closed(wire.a)
  wire.flush('a→b')
  await settled()
  expect([read.text, read.ended]).toEqual(['last words', true])
})

test('keeps both ends open when it falls silent', async () => {
  const wire = controllableWire()
  const read = reading(wire.b)
  wire.silence()
  write(wire, 'x'.repeat(50_000), 'y')
  wire.a.end()
  await settled()
  wire.a.destroy()
  await settled()
  expect([read.text, read.ended, wire.b.destroying]).toEqual(['', false, false])
})

test('pipes into the streams of Node', async () => {
  const wire = controllableWire()
  const read = reading(wire.a)
  wire.a.end(new TextEncoder().encode('there and back'))
  const echo = new NodeDuplex({
    read() {},
    write(chunk, _encoding, done) {
      this.push(chunk)
      done()
    },
    final(done) {
      this.push(null)
      done()
    },
  })
  await new Promise<void>((resolve, reject) =>
    pipeline(wire.b, echo, wire.b, (err: Error | null) => (err ? reject(err) : resolve())),
  )
  await settled()
  expect([read.text, read.ended]).toEqual(['there and back', true])
})
