import fc from 'fast-check'
import {
  answerReasons,
  type ControlMessage,
  endReasons,
  type Header,
  type Json,
} from '../../src/wire/messages.ts'

/** Wide enough for everything that {@link arbitraryMessage} makes. */
export const wideLimits = { feedsPerPage: 1_024, pageBytes: 1_000_000, headerBytes: 100_000, headerDepth: 8 }

const whole = fc.oneof(
  fc.nat(200),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((n) => 2 ** n - 1),
)
const text = (maxBytes: number) => fc.string({ unit: 'binary', maxLength: Math.floor(maxBytes / 4) })
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const lengths = fc.array(whole, { maxLength: 16 })

const json = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  // What JSON can say and no more: without -0.
  .map((value) => JSON.parse(JSON.stringify(value)) as Json)
  .filter((value) => !/"(__proto__|constructor)":/.test(JSON.stringify(value)))
const header = json.map((value): Header => (isObject(value) ? value : { value }))

const feed = fc.record({ key: bytes(32), lengths, header: fc.oneof(fc.constant({}), header) })
const offer = fc
  .record({
    first: fc.nat(),
    namespace: fc.option(text(100)),
    feeds: fc.array(feed, { minLength: 1, maxLength: 6 }),
  })
  .map(({ first, namespace, feeds }) => ({
    type: 'offer' as const,
    first,
    namespace,
    keys: feeds.map((each) => each.key),
    lengths: feeds.map((each) => each.lengths),
    headers: feeds.map((each) => each.header),
  }))

const limits = fc.record({
  feedsPerPage: whole,
  pageBytes: whole,
  headerBytes: whole,
  headerDepth: whole,
  offersOutstanding: whole,
  controlPerSecond: whole,
})
const accepted = fc.oneof(
  fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
  fc.tuple(fc.nat(300), fc.boolean()).map(([more, taken]) => Array<boolean>(1 + more).fill(taken)),
)
const ended = fc.array(fc.record({ id: whole, reason: fc.constantFrom(...endReasons) }), { maxLength: 8 })
const rows = fc.array(fc.record({ id: whole, lengths }), { maxLength: 8 })
const runs = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { maxLength: 8 }).map((pairs) => {
  let next = 0
  return pairs.map(([gap, more]) => {
    const run = { from: next + gap, count: 1 + more }
    next = run.from + run.count + 1
    return run
  })
})
const prints = (most: number) => fc.nat(most).chain((count) => bytes(6 * count))
const section = fc.record({
  namespace: fc.option(text(100)),
  count: fc.integer({ min: 1, max: 1e6 }),
  print: bytes(16),
})
const prefixes = fc
  .uniqueArray(fc.nat(2 ** 20 - 1), { minLength: 1, maxLength: 20 })
  .map((all) => all.sort((a, b) => a - b))
const part = fc.oneof(
  bytes(48).map((prints) => ({ divided: true, prints })),
  prints(9).map((prints) => ({ divided: false, prints })),
)
const is = <Type extends string>(type: Type) => fc.constant(type)

/** Any message that has an encoding. */
export const arbitraryMessage: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record({
    type: is('hello'),
    version: fc.constant(1),
    live: fc.boolean(),
    remembers: fc.boolean(),
    limits,
    userData: json,
  }),
  offer,
  fc.record({ type: is('batch') }),
  fc.record({ type: is('answer'), first: fc.nat(), accepted, reason: fc.constantFrom(...answerReasons) }),
  fc.record({ type: is('withdraw'), offers: ended }),
  fc.record({ type: is('release'), offers: ended }),
  fc.record({ type: is('update'), id: whole, header }),
  fc.record({ type: is('length'), offers: rows }),
  fc.record({ type: is('caught-up'), offers: rows, asOffered: runs }),
  fc.record({ type: is('done'), shared: fc.boolean(), sent: whole, received: whole }),
  fc.record({ type: is('bye'), code: text(64), message: text(1_024) }),
  fc.record({ type: is('extension'), name: text(128), payload: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({ type: is('ping'), token: whole }),
  fc.record({ type: is('pong'), token: whole }),
  fc.record({ type: is('memory'), sections: fc.array(section, { maxLength: 4 }) }),
  fc.record({ type: is('compare'), section: whole, bits: fc.integer({ min: 20, max: 30 }), prefixes }),
  fc.record({ type: is('ranges'), section: whole, parts: fc.array(part, { minLength: 1, maxLength: 9 }) }),
  fc.record({
    type: is('recall'),
    first: fc.nat(),
    section: whole,
    runs: runs.filter((all) => all.length > 0),
    check: bytes(16),
  }),
)

/** One way in which bytes go wrong. Places are fractions of the length. */
const damage = fc.record({
  kind: fc.constantFrom('set', 'flip', 'cut', 'insert', 'remove', 'repeat'),
  place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  byte: fc.nat(255),
})

/** The bytes with one to three places damaged. */
export const arbitraryDamage: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .array(damage, { minLength: 1, maxLength: 3 })
  .map((all) => (input: Uint8Array) => {
    let out = [...input]
    for (const { kind, place, byte } of all) {
      const at = Math.floor(place * out.length)
      const here = out[at] ?? 0
      if (kind === 'set') out[at] = byte
      else if (kind === 'flip') out[at] = here ^ (1 << (byte & 7))
      else if (kind === 'cut') out = out.slice(0, at)
      else if (kind === 'insert') out.splice(at, 0, byte)
      else if (kind === 'remove') out.splice(at, 1)
      else out.splice(at, 0, ...out.slice(at, at + byte))
    }
    return Uint8Array.from(out)
  })

function isObject(value: Json): value is Header {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
