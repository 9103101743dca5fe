import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes.ts'
import { Replic8Error } from '../../src/errors.ts'
import { decodeMessage, maxFeedsPerPage } from '../../src/wire/codec.ts'
import { messageIds } from '../../src/wire/message-table.ts'
import { varintLength, writeVarint } from '../../src/wire/varint.ts'

// So wide that nothing but the bytes themselves stands against a count.
const most = Number.MAX_SAFE_INTEGER
const limits = { feedsPerPage: most, pageBytes: most, headerBytes: most, headerDepth: most }
const counts = [2 ** 24, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, most]

const {
  hello,
  offer,
  answer,
  withdraw,
  release,
  update,
  length,
  bye,
  extension,
  memory,
  compare,
  ranges,
  recall,
} = messageIds
const caughtUp = messageIds['caught-up']

/** Messages that announce `count` of something and end, or go on for a little. */
function hostile(count: number): number[][] {
  const n = varint(count)
  const key = Array(32).fill(1)
  return [
    [offer, 0, 1, ...n],
    [offer, 0, 0, ...n],
    [offer, 0, 0, ...n, ...key, ...key],
    [offer, 0, 0, 1, ...key, ...n],
    [offer, 0, 0, 1, ...key, 0, ...n],
    [answer, 0, ...n, 0, 0],
    [answer, 0, ...n, 1, 0],
    [answer, 0, ...n, 2, 0, 1],
    ...[withdraw, release, length, caughtUp].flatMap((type) => [
      [type, ...n],
      [type, ...n, 0, 0, 0, 0],
    ]),
    [length, 1, 0, ...n],
    [update, 0, ...n],
    [bye, ...n],
    [bye, 0, ...n],
    [extension, ...n],
    [caughtUp, 0, ...n],
    [caughtUp, 0, 1, 0, ...n],
    [memory, ...n],
    [compare, 0, 20, ...n],
    [ranges, 0, ...n],
    [ranges, 0, 1, ...n],
    [recall, 0, 0, ...n],
    [recall, 0, 0, 1, 0, ...n],
  ]
}

describe('a count that the bytes do not hold', () => {
  test('is refused before anything is allocated for it', () => {
    const before = process.resourceUsage().maxRSS
    for (const count of counts) {
      for (const message of hostile(count)) {
        expect(() => decodeMessage(Uint8Array.from(message), limits)).toThrow(Replic8Error)
      }
    }
    // In KiB, of the whole process, and never shrinking: the least of these counts would have taken 128 MiB.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1_024)
  })

  test('is bounded where an answer needs no bytes for it', () => {
    const all = (count: number) => Uint8Array.from([answer, 0, ...varint(count), 0, 0])
    expect(decodeMessage(all(maxFeedsPerPage), limits)).toMatchObject({ type: 'answer' })
    expect(() => decodeMessage(all(maxFeedsPerPage + 1), limits)).toThrow(Replic8Error)
  })
})

test('JSON of a million levels is refused, and does not overflow the stack', () => {
  const depth = 1_000_000
  const brackets = new Uint8Array(2 * depth).fill('['.charCodeAt(0), 0, depth).fill(']'.charCodeAt(0), depth)
  const message = (start: number[]) =>
    concatBytes([Uint8Array.from([...start, ...varint(brackets.length)]), brackets])
  for (const start of [
    [update, 0],
    [offer, 0, 0, 1, ...Array(32).fill(1), 0],
    [hello, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  ]) {
    expect(() => decodeMessage(message(start), limits)).toThrow(Replic8Error)
  }
})

function varint(value: number): number[] {
  const bytes = new Uint8Array(varintLength(value))
  writeVarint(bytes, 0, value)
  return [...bytes]
}
