import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalBytes, toHex } from '../../src/bytes.ts'
import { Replic8Error } from '../../src/errors.ts'
import { decodeMessage, encodeMessage, maxFeedsPerPage } from '../../src/wire/codec.ts'
import type { ControlMessage, Json, OfferMessage } from '../../src/wire/messages.ts'
import { arbitraryDamage, arbitraryMessage, wideLimits } from './arbitrary-message.ts'
import { toJson } from './message-json.ts'
import { naiveDecode } from './naive-decoder.ts'
import { vectors } from './vectors.ts'

const runs = { numRuns: 1_000 }
const key = new Uint8Array(32).fill(7)
const offer = (part: Partial<OfferMessage>): OfferMessage => ({
  type: 'offer',
  first: 0,
  namespace: null,
  keys: [key],
  lengths: [[0]],
  headers: [{}],
  ...part,
})

test('every message arrives as it was sent', () => {
  fc.assert(
    fc.property(arbitraryMessage, (message) => {
      const decoded = decodeMessage(encodeMessage(message), wideLimits)
      expect(toJson(decoded)).toEqual(toJson(message))
    }),
    runs,
  )
})

test('a second, naive decoder reads the same', () => {
  fc.assert(
    fc.property(arbitraryMessage, (message) => {
      expect(naiveDecode(toHex(encodeMessage(message)), wideLimits)).toEqual(toJson(message))
    }),
    runs,
  )
})

describe('bytes that nobody sent', () => {
  const damagedMessage = fc
    .tuple(fc.oneof(arbitraryMessage.map(encodeMessage), vectorBytes()), arbitraryDamage)
    .map(([bytes, damage]) => damage(bytes))
  const randomBytes = fc
    .tuple(fc.nat(14), fc.uint8Array({ maxLength: 80 }))
    .map(([type, rest]) => Uint8Array.of(type, ...rest))

  test.each([
    ['damaged messages', damagedMessage],
    ['random bytes', randomBytes],
  ])('%s are refused with a code, or are the one encoding of a message', (_, bytes) => {
    fc.assert(
      fc.property(bytes, (input) => {
        const message = tryDecode(input)
        expect(naiveTakes(input)).toBe(message !== undefined)
        if (message) expect(toHex(encodeMessage(message))).toBe(toHex(input))
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('what was decoded', () => {
  test('has no prototype in any object that came as JSON', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        const decoded = decodeMessage(encodeMessage(message), wideLimits)
        if (decoded.type === 'offer') for (const header of decoded.headers) expectBare(header)
        if (decoded.type === 'update') expectBare(decoded.header)
        if (decoded.type === 'hello') expectBare(decoded.userData)
      }),
    )
    expect.hasAssertions()
  })

  test.each([
    ['Uint8Array', (bytes: Uint8Array) => bytes],
    ['Buffer', (bytes: Uint8Array) => Buffer.from(bytes)],
  ])('does not change when the %s it came in is used again', (_, wrap) => {
    for (const message of [
      offer({ keys: [key, key], lengths: [[1], [2]], headers: [] }),
      { type: 'extension' as const, name: 'x', payload: Uint8Array.of(1, 2, 3) },
    ]) {
      const bytes = wrap(encodeMessage(message))
      const decoded = decodeMessage(bytes, wideLimits)
      const before = encodeMessage(decoded)
      bytes.fill(0xee)
      expect(equalBytes(encodeMessage(decoded), before)).toBe(true)
    }
  })

  test('has plain Uint8Arrays for keys and payload, whatever it came in', () => {
    const decoded = decodeMessage(Buffer.from(encodeMessage(offer({}))), wideLimits) as OfferMessage
    expect(decoded.keys[0]?.constructor).toBe(Uint8Array)
  })
})

describe('the encoder', () => {
  test('gives a missing header as {}', () => {
    const sent = offer({ keys: [key, key], lengths: [[], []], headers: [] })
    expect((decodeMessage(encodeMessage(sent), wideLimits) as OfferMessage).headers).toEqual([{}, {}])
  })

  test('cuts the reason of a bye at a code point', () => {
    const bytes = encodeMessage({ type: 'bye', code: 'é'.repeat(40), message: `x${'🌱'.repeat(400)}` })
    const bye = { type: 'bye', code: 'é'.repeat(32), message: `x${'🌱'.repeat(255)}` }
    expect(decodeMessage(bytes, wideLimits)).toEqual(bye)
  })

  test('makes a lone surrogate U+FFFD', () => {
    const bytes = encodeMessage({ type: 'bye', code: '\ud83c', message: 'a\udf31b' })
    expect(decodeMessage(bytes, wideLimits)).toEqual({ type: 'bye', code: '\ufffd', message: 'a\ufffdb' })
  })

  test.each<[string, ControlMessage]>([
    ['a negative number', { type: 'ping', token: -1 }],
    ['a fraction', { type: 'ping', token: 0.5 }],
    ['a number over 2^53 - 1', { type: 'ping', token: 2 ** 53 }],
    ['no number', { type: 'ping', token: Number.NaN }],
    ['a page without feeds', offer({ keys: [], lengths: [], headers: [] })],
    ['a key of 31 bytes', offer({ keys: [key.subarray(1)] })],
    ['a row of lengths too few', offer({ lengths: [] })],
    ['a header too many', offer({ headers: [{}, {}] })],
    ['a row of 17 lengths', offer({ lengths: [Array(17).fill(0)] })],
    ['an id past the last', offer({ first: 2 ** 53 - 1, keys: [key, key], lengths: [[], []] })],
    ['an answer to no feeds', { type: 'answer', first: 0, accepted: [], reason: 'declined' }],
    [
      'an answer to more feeds than any page has',
      { type: 'answer', first: 0, accepted: Array(maxFeedsPerPage + 1).fill(true), reason: 'declined' },
    ],
    ['an unknown reason', { type: 'answer', first: 0, accepted: [true], reason: 'because' as 'declined' }],
    ['a long extension name', { type: 'extension', name: 'é'.repeat(65), payload: key }],
  ])('refuses %s, as the peer would', (_, message) => {
    expect(() => encodeMessage(message)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  })

  test('needs one bit a feed at most for an answer, and a few bytes', () => {
    const accepted = Array.from({ length: 1_024 }, (_, i) => i % 3 === 0)
    expect(encodeMessage({ type: 'answer', first: 0, accepted, reason: 'declined' }).length).toBe(
      6 + 1_024 / 8,
    )
  })
})

function vectorBytes(): fc.Arbitrary<Uint8Array> {
  return fc.constantFrom(...vectors.valid.map(({ hex }) => Uint8Array.from(Buffer.from(hex, 'hex'))))
}

/** undefined when it was refused, as it should be: with an error of replic8. */
function tryDecode(bytes: Uint8Array): ControlMessage | undefined {
  try {
    return decodeMessage(bytes, wideLimits)
  } catch (error) {
    expect(error).toBeInstanceOf(Replic8Error)
    return undefined
  }
}

function naiveTakes(bytes: Uint8Array): boolean {
  try {
    naiveDecode(toHex(bytes), wideLimits)
    return true
  } catch {
    return false
  }
}

function expectBare(value: Json) {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) expect(Object.getPrototypeOf(value)).toBe(null)
  for (const item of Object.values(value)) expectBare(item)
}
