import { checkBytes } from '../wire/limits.ts'
import type { Header, Json } from '../wire/messages.ts'
import type { HexKey } from './events.ts'
import { type Fingerprint, type Offered, textOf } from './range-index.ts'

/** Offers that are hashed at a time. */
const perHash = 1024
const utf8 = new TextEncoder()

/**
 * Offers in the order in which they were made in the session before. Both ends have seen them; when they remember the
 * same, places in it say all, and nothing is compared.
 */
export class Sequence {
  readonly offers: readonly Offered[]
  /** Shows that its sender has the sequence too: none but these two can compute it. */
  readonly proof: Uint8Array
  /** Tells which sequence it is, without giving the proof away. */
  readonly print: Uint8Array

  constructor(offers: readonly Offered[], fingerprint: Fingerprint) {
    this.offers = offers
    this.proof = new Uint8Array(checkBytes)
    this.print = new Uint8Array(checkBytes)
    fingerprint(hashesOf(offers, fingerprint), this.proof)
    fingerprint(this.proof, this.print)
  }
}

/** Of each 1,024 offers, a line each, one hash: many short ones would take longer. */
function hashesOf(offers: readonly Offered[], fingerprint: Fingerprint): Uint8Array {
  const hashes = new Uint8Array(Math.ceil(offers.length / perHash) * checkBytes)
  for (let start = 0, at = 0; start < offers.length; start += perHash, at += checkBytes) {
    let lines = ''
    for (let i = start; i < offers.length && i < start + perHash; i++)
      lines += `${textOf(offers[i] as Offered)}\n`
    fingerprint(utf8.encode(lines), hashes.subarray(at, at + checkBytes))
  }
  return hashes
}

/** Whether what is said of a feed now is what was said then. */
export function isUnchanged(
  { header, lengths }: { header: Header; lengths: readonly number[] },
  then: Offered,
): boolean {
  if (lengths.length !== then.lengths.length) return false
  for (let i = 0; i < lengths.length; i++) if (lengths[i] !== then.lengths[i]) return false
  return isSameJson(header, then.header)
}

/** Whether two values have the same JSON text: the order of keys counts. */
function isSameJson(a: Json, b: Json): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (keys.length !== others.length) return false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (key !== others[i]) return false
    if (!isSameJson((a as Record<string, Json>)[key] as Json, (b as Record<string, Json>)[key] as Json))
      return false
  }
  return true
}

/** Finds the places of keys. Most are asked for in the order of the places. */
export function placesIn(offers: readonly Offered[]): (key: HexKey) => number | undefined {
  let next = 0
  let places: Map<HexKey, number> | null = null
  return (key) => {
    let place: number | undefined = next
    if (offers[next]?.key !== key) {
      places ??= new Map(offers.map((offer, i) => [offer.key, i]))
      place = places.get(key)
    }
    if (place !== undefined) next = place + 1
    return place
  }
}
