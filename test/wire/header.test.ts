import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHeader, checkUserData, jsonBytes } from '../../src/wire/header.ts'
import type { Header, Json } from '../../src/wire/messages.ts'

const limits = { headerBytes: 100, headerDepth: 3 }
const badHeader = (detail: RegExp) =>
  expect.objectContaining({ code: 'ERR_BAD_HEADER', message: expect.stringMatching(detail) })

describe('a header that is offered', () => {
  test('is copied, so that later changes by the application do no harm', () => {
    const header = { a: { b: [1] } }
    const copy = checkHeader(header, limits)
    header.a.b.push(2)
    expect(copy).toEqual({ a: { b: [1] } })
  })

  test('has no prototype at any depth', () => {
    const copy = checkHeader({ a: { b: 1 }, c: [{}] }, limits)
    const objects = [copy, copy.a, (copy.c as Json[])[0]]
    for (const object of objects) expect(Object.getPrototypeOf(object)).toBe(null)
  })

  test('becomes what JSON makes of it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { noNullPrototype: true }),
        (value) => {
          const wide = { headerBytes: 1_000_000, headerDepth: 20 }
          const text = JSON.stringify(value)
          if (/"(__proto__|constructor)":/.test(text)) return
          expect(checkHeader(value, wide)).toEqual(JSON.parse(text))
          expect(jsonBytes(value as Header)).toBe(Buffer.byteLength(text))
        },
      ),
    )
  })

  test('may be left out, and may leave out properties', () => {
    expect(checkHeader(undefined, limits)).toEqual({})
    const copy = checkHeader({ a: undefined, b: [undefined], c: -0 }, limits)
    expect(JSON.stringify(copy)).toBe('{"b":[null],"c":0}')
    expect(Object.keys(copy)).toEqual(['b', 'c'])
    expect(copy.c).toBe(0)
  })

  test('may hold one object in two places, and objects of another realm', () => {
    const shared = { x: 1 }
    const foreign = runInNewContext('({ y: [2] })')
    expect(checkHeader({ a: shared, b: shared, foreign }, limits)).toEqual({
      a: { x: 1 },
      b: { x: 1 },
      foreign: { y: [2] },
    })
  })

  test('may be as large and as deep as the limits say', () => {
    expect(checkHeader({ a: 'x'.repeat(92) }, limits)).toBeTruthy()
    expect(checkHeader({ a: [{}] }, limits)).toBeTruthy()
  })
})

describe('a header is refused, and the message says why,', () => {
  const circle: { self?: unknown } = {}
  circle.self = { circle }
  class Point {}

  test.each<[string, unknown, RegExp]>([
    ['null', null, /not an object/],
    ['an array', [], /not an object/],
    ['a text', 'x', /not an object/],
    ['a function', { a: { f() {} } }, /header\.a\.f is a function/],
    ['a symbol', { s: Symbol('s') }, /header\.s is a symbol/],
    ['a bigint', { n: 1n }, /header\.n is a bigint/],
    ['NaN', { a: [0, Number.NaN] }, /header\.a\[1\] is NaN/],
    ['infinity', { n: Number.POSITIVE_INFINITY }, /header\.n is Infinity/],
    ['a circle', circle, /header\.self\.circle contains itself/],
    ['a class instance', { p: new Point() }, /header\.p is a Point/],
    ['a Date', { d: new Date(0) }, /header\.d is a Date/],
    ['a Map', { m: new Map() }, /header\.m is a Map/],
    ['bytes', { b: new Uint8Array(2) }, /header\.b is a Uint8Array/],
    [
      'a getter that throws',
      {
        get a() {
          throw new Error('Gone fishing')
        },
      },
      /Gone fishing/,
    ],
    ['an inherited property', Object.create({ a: 1 }), /not a plain object/],
    ['__proto__', JSON.parse('{"a":{"__proto__":{}}}'), /header\.a has the key __proto__/],
    ['constructor', { constructor: 1 }, /has the key constructor/],
    ['too many levels', { a: [{ b: {} }] }, /header\.a\[0\]\.b is deeper than 3 levels/],
    ['a byte too many', { a: 'x'.repeat(93) }, /101 bytes/],
    ['an accent too many', { a: 'é'.repeat(47) }, /102 bytes/],
    ['far too many characters', { a: 'x'.repeat(1e6) }, /more than the 100 bytes/],
    ['far too many items', { a: new Array(2 ** 32 - 1) }, /more than the 100 bytes/],
  ])('%s', (_, value, detail) => {
    expect(() => checkHeader(value, limits)).toThrow(badHeader(detail))
  })

  test('also when it would be small in memory and endless as JSON', () => {
    let value: unknown = []
    for (let level = 0; level < 30; level++) value = Array(1_000).fill(value)
    expect(() => checkHeader({ value }, { headerBytes: 4_096, headerDepth: 100 })).toThrow(badHeader(/bytes/))
  })
})

describe('userData', () => {
  test('is any JSON value, and null when there is none', () => {
    expect(checkUserData(undefined)).toBe(null)
    expect(checkUserData('me')).toBe('me')
    expect(checkUserData([{ a: 1 }])).toEqual([{ a: 1 }])
  })

  test.each([
    ['a function', () => {}],
    ['more than 65,536 bytes', 'x'.repeat(65_535)],
    ['__proto__', JSON.parse('{"__proto__":1}')],
  ])('is refused for %s', (_, value) => {
    expect(() => checkUserData(value)).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
  })
})
