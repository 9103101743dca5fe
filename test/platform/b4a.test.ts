import real from 'b4a'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import b4a from '../../src/platform/browser/b4a.ts'

// The stand-in against the package, on plain Uint8Arrays, as a peer's bytes may be.
test('text is written, measured and read back as by the package', () => {
  const text = fc.string({ unit: 'binary', maxLength: 50 })
  fc.assert(
    fc.property(text, fc.nat(10), (value, at) => {
      const [ours, theirs] = [new Uint8Array(300), new Uint8Array(300)]
      const length = b4a.byteLength(value)
      expect(length).toBe(real.byteLength(value))
      expect(b4a.write(ours, value, at, length)).toBe(real.write(theirs, value, at, length))
      expect(ours).toEqual(theirs)
      expect(b4a.toString(ours, 'utf-8', at, at + length)).toBe(
        real.toString(theirs, 'utf-8', at, at + length),
      )
    }),
  )
})

test('numbers are written and read back as by the package', () => {
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true }))
  fc.assert(
    fc.property(
      fc.constantFrom('Double', 'Float', 'Int32', 'UInt32'),
      number,
      fc.nat(4),
      (kind, value, at) => {
        const fitting = { Double: value, Float: Math.fround(value), Int32: value | 0, UInt32: value >>> 0 }[
          kind
        ]
        const [ours, theirs] = [new Uint8Array(12), new Uint8Array(12)]
        b4a[`write${kind}LE`](ours, fitting, at)
        real[`write${kind}LE`](theirs, fitting, at)
        expect(ours).toEqual(theirs)
        expect(b4a[`read${kind}LE`](ours, at)).toBe(real[`read${kind}LE`](theirs, at))
      },
    ),
  )
})

test('bytes are copied as by the package', () => {
  const bytes = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(bytes, fc.nat(5), fc.nat(5), (source, at, start) => {
      const [ours, theirs] = [new Uint8Array(40), new Uint8Array(40)]
      const from = Math.min(start, source.length)
      b4a.copy(source, ours, at, from, source.length)
      real.copy(source, theirs, at, from, source.length)
      expect(ours).toEqual(theirs)
      expect(b4a.isBuffer(source)).toBe(true)
      expect(b4a.isBuffer('text')).toBe(false)
    }),
  )
})
