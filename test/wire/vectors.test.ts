import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes.ts'
import { decodeMessage, encodeMessage } from '../../src/wire/codec.ts'
import { messageIds } from '../../src/wire/message-table.ts'
import { fromJson, toJson } from './message-json.ts'
import { naiveDecode } from './naive-decoder.ts'
import { vectors } from './vectors.ts'

const { limits } = vectors
const bytesOf = (hex: string) => fromHex(hex) as Uint8Array

describe('each valid vector', () => {
  test.each(vectors.valid)('$name', ({ hex, message }) => {
    expect(toHex(encodeMessage(fromJson(message)))).toBe(hex)
    expect(toJson(decodeMessage(bytesOf(hex), limits))).toEqual(message)
    expect(naiveDecode(hex, limits)).toEqual(message)
  })
})

describe('each invalid vector', () => {
  test.each(vectors.invalid)('$name', ({ hex, code }) => {
    expect(() => decodeMessage(bytesOf(hex), limits)).toThrow(
      expect.objectContaining({ name: 'Replic8Error', code }),
    )
    expect(() => naiveDecode(hex, limits)).toThrow(code)
  })
})

test('no valid vector can be cut short, save in the payload of an extension', () => {
  for (const { hex, message } of vectors.valid) {
    const bytes = bytesOf(hex)
    const shortest =
      message.type === 'extension' ? bytes.length - (message.payload as string).length / 2 : bytes.length
    for (let length = 0; length < shortest; length++) {
      expect(() => decodeMessage(bytes.subarray(0, length), limits)).toThrow()
    }
  }
})

test('the vectors hold every type of message, and no name twice', () => {
  const types = new Set(vectors.valid.map(({ message }) => message.type))
  expect([...types].sort()).toEqual(Object.keys(messageIds).sort())
  const names = [...vectors.valid, ...vectors.invalid].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
