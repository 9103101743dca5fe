import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mask, unmask } from '../../src/platform/node/buffer-util.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const naive = (source: Uint8Array, key: Uint8Array) => source.map((byte, i) => byte ^ (key[i % 4] as number))

test('bytes are masked as RFC 6455 says, wherever they lie in memory', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      bytes(4),
      fc.nat(7),
      fc.nat(7),
      fc.nat(20),
      (source, key, before, ahead, offset) => {
        const room = new Uint8Array(before + source.length).subarray(before)
        room.set(source)
        const output = new Uint8Array(ahead + offset + source.length + 3).fill(7).subarray(ahead)
        mask(room, key, output, offset, source.length)
        expect(output.subarray(offset, offset + source.length)).toEqual(naive(source, key))
        expect([...output.subarray(0, offset), ...output.subarray(offset + source.length)]).toEqual(
          new Array(offset + 3).fill(7),
        )
        expect(room).toEqual(source)
        unmask(room, key)
        expect(room).toEqual(naive(source, key))
      },
    ),
  )
})
