import { Buffer as NodeBuffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Buffer as BrowserBuffer } from '../../src/platform/browser/buffer.ts'
import { bytes } from './arbitrary-bytes.ts'

// The browser's Buffer against Node's. Both are called by the same names, so one type serves for the two.
const Ours = BrowserBuffer as unknown as typeof NodeBuffer
const encodings = ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'] as const
const encoding = fc.constantFrom<BufferEncoding | undefined>(...encodings, 'utf-8', 'binary', undefined)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.base64String(),
  fc.string(),
)
const place = fc.integer({ min: 0, max: 40 })

/** Of characters of two bytes in hex and base64, Node reads one of the bytes. */
const readable = (value: string, name: string | undefined) =>
  name === 'hex' || name?.startsWith('base64') ? value.replace(/[^\0-\x7f]/g, '*') : value

/** What both give or leave in memory: the kind of error, too. */
function alike(run: (Buffer: typeof NodeBuffer) => unknown): void {
  const outcome = (Buffer: typeof NodeBuffer) => {
    try {
      const value = run(Buffer)
      return value instanceof Uint8Array ? [...value] : value
    } catch (error) {
      return (error as Error).constructor.name
    }
  }
  expect(outcome(Ours)).toEqual(outcome(NodeBuffer))
}

describe('the Buffer of the browser build does what Node’s does', () => {
  test('with text of every encoding', () => {
    fc.assert(
      fc.property(text, encoding, (value, name) => {
        alike((Buffer) => Buffer.from(readable(value, name), name))
        alike((Buffer) =>
          Buffer.byteLength(value, name === 'hex' || name?.startsWith('base64') ? 'utf8' : name),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('with hex and base64 that breaks off or has other characters in it', () => {
    for (const value of [
      'abc',
      'abxyz',
      'AbCd',
      'YQ',
      'YWI',
      'YWJj\nZGVm',
      'YW-_',
      '-_8',
      'YQ==YQ==',
      'Y',
      '%%',
    ]) {
      alike((Buffer) => Buffer.from(value, 'hex'))
      alike((Buffer) => Buffer.from(value, 'base64'))
    }
  })

  test('with bytes that become text', () => {
    fc.assert(
      fc.property(bytes(0, 60), encoding, place, place, (value, name, start, end) => {
        alike((Buffer) => Buffer.from(value).toString(name))
        alike((Buffer) => Buffer.from(value).toString(name, start, end))
      }),
      { numRuns: 500 },
    )
  })

  test('when text is written to a place', () => {
    fc.assert(
      fc.property(text, encoding, place, fc.option(place, { nil: undefined }), (any, name, at, length) => {
        const value = readable(any, name)
        alike((Buffer) => {
          const target = Buffer.alloc(30, 7)
          return length === undefined
            ? [target.write(value, Math.min(at, 30), name), ...target]
            : [
                target.write(value, Math.min(at, 30), Math.min(length, 30 - Math.min(at, 30)), name),
                ...target,
              ]
        })
      }),
      { numRuns: 500 },
    )
  })

  test('when it is cut, copied, filled, searched, joined and compared', () => {
    fc.assert(
      fc.property(bytes(0, 30), bytes(0, 5), place, place, (whole, part, a, b) => {
        alike((Buffer) => Buffer.from(whole).slice(a, b))
        alike((Buffer) => Buffer.from(whole).slice(-a, -b))
        alike((Buffer) => Buffer.from(whole).subarray(a))
        alike((Buffer) => {
          const target = Buffer.alloc(20)
          const count = a < 20 && b <= whole.length ? Buffer.from(whole).copy(target, a, b) : 0
          return [count, ...target]
        })
        if (part.length > 0) alike((Buffer) => Buffer.alloc(20).fill(part, Math.min(a, 20)))
        alike((Buffer) => Buffer.from(whole).indexOf(part[0] ?? 0, a))
        alike((Buffer) => Buffer.from(whole).indexOf(part, a))
        alike((Buffer) => Buffer.from(whole).includes(Buffer.from(part)))
        alike((Buffer) => Buffer.concat([Buffer.from(whole), part], a))
        alike((Buffer) => Buffer.concat([whole, part]))
        alike((Buffer) => Buffer.compare(Buffer.from(whole), part))
        alike((Buffer) => Buffer.from(whole).equals(Buffer.from(part)))
        alike((Buffer) => Buffer.from(whole).toJSON())
        alike((Buffer) => Buffer.from(JSON.parse(JSON.stringify(Buffer.from(whole)))))
      }),
      { numRuns: 500 },
    )
  })

  test('with numbers of every size', () => {
    const integers = [1, 2, 4].flatMap((size) =>
      ['Int', 'UInt', 'Uint'].flatMap((kind) =>
        (size === 1 ? [''] : ['LE', 'BE']).map((end) => `${kind}${size * 8}${end}`),
      ),
    )
    const names = [...integers, 'FloatLE', 'FloatBE', 'DoubleLE', 'DoubleBE']
    const value = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer(), fc.maxSafeInteger())
    fc.assert(
      fc.property(fc.constantFrom(...names), value, fc.integer({ min: 0, max: 9 }), (name, number, at) => {
        // biome-ignore lint/suspicious/noExplicitAny: the methods are found by their names
        alike((Buffer) => [(Buffer.alloc(10) as any)[`write${name}`](number, at)])
        alike((Buffer) => {
          // biome-ignore lint/suspicious/noExplicitAny: the methods are found by their names
          const buffer = Buffer.alloc(10, 0xc5) as any
          return buffer[`read${name}`](at)
        })
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n }), (number) => {
        for (const name of ['BigInt64LE', 'BigInt64BE', 'BigUInt64LE', 'BigUInt64BE'])
          alike((Buffer) => {
            const buffer = Buffer.alloc(9)
            // biome-ignore lint/suspicious/noExplicitAny: the methods are found by their names
            return [(buffer as any)[`write${name}`](number, 1), ...buffer]
          })
      }),
    )
  })

  test('when it is made of other things', () => {
    alike((Buffer) => Buffer.from([1, 256, -1, 2.7]))
    alike((Buffer) => Buffer.from(new Uint16Array([1, 258])))
    alike((Buffer) => Buffer.from(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2))
    alike((Buffer) => Buffer.alloc(5, 'ab'))
    alike((Buffer) => Buffer.alloc(5, 'abcd', 'hex'))
    alike((Buffer) => Buffer.alloc(-1))
    for (const wrong of [null, undefined, 5, true]) alike((Buffer) => Buffer.from(wrong as never))
    alike((Buffer) => Buffer.from('x', 'nonsense' as never))
    alike((Buffer) => [
      Buffer.isBuffer(Buffer.alloc(0)),
      Buffer.isBuffer(new Uint8Array(1)),
      Buffer.isBuffer(null),
    ])
    alike((Buffer) => [...encodings, 'nonsense', 5].map((name) => Buffer.isEncoding(name as never)))
  })
})

test('a view shares its memory', () => {
  const buffer = Ours.from('hello')
  buffer.slice(1, 3).fill('-')
  expect([buffer.toString(), Ours.isBuffer(buffer.slice(1)), Ours.isBuffer(buffer.subarray(1))]).toEqual([
    'h--lo',
    true,
    true,
  ])
})
