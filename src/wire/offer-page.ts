/** The two messages whose size grows with a page of feeds: the offer and its answer. */
import { Replic8Error } from '../errors.ts'
import { emptyHeader, parseHeaders, stringifyHeaders } from './header.ts'
import { type DecodeLimits, keyBytes, maxFeedsPerPage, maxLengthsPerRow } from './limits.ts'
import { type AnswerMessage, answerReasons, type OfferMessage } from './messages.ts'
import { checkPageIds, checkPageSize, writePageIds } from './page-ids.ts'
import { malformed, type Reader } from './reader.ts'
import { unencodable, type Writer } from './writer.ts'

/** How an answer says which feeds it takes. */
const answerForm = { all: 0, none: 1, bitmap: 2 } as const

export function writeOffer(to: Writer, offer: OfferMessage): void {
  const { first, namespace, keys, lengths, headers } = offer
  checkPageSize(keys.length)
  if (lengths.length !== keys.length)
    unencodable(`${keys.length} keys have ${lengths.length} rows of lengths.`)
  if (headers.length > keys.length) unencodable(`${keys.length} keys have ${headers.length} headers.`)
  writePageIds(to, first, keys.length)
  to.flag(namespace !== null)
  if (namespace !== null) to.text(namespace)
  to.varint(keys.length)
  for (const key of keys) {
    if (key.length !== keyBytes) unencodable(`A key has ${key.length} bytes.`)
    to.raw(key)
  }
  for (const row of lengths) writeLengths(to, row)
  to.text(stringifyHeaders(keys.map((_, i) => headers[i] ?? emptyHeader)))
}

export function readOffer(from: Reader, limits: DecodeLimits): OfferMessage {
  if (from.bytes.length > limits.pageBytes) {
    tooLarge(`A page has ${from.bytes.length} bytes, ${limits.pageBytes} are allowed.`)
  }
  const first = from.varint()
  const namespace = from.flag() ? from.text() : null
  const count = from.varint()
  const most = Math.min(limits.feedsPerPage, maxFeedsPerPage)
  if (count > most) tooLarge(`A page has ${count} feeds, ${most} are allowed.`)
  checkPageIds(first, count)
  // One copy for all keys, as the caller may use its buffer again; each key is a view of it.
  const copy = from.view(count * keyBytes).slice()
  const keys = Array.from({ length: count }, (_, i) => copy.subarray(i * keyBytes, (i + 1) * keyBytes))
  const lengths = keys.map(() => readLengths(from))
  const headers = parseHeaders(from.text(), count, limits)
  return { type: 'offer', first, namespace, keys, lengths, headers }
}

export function writeAnswer(to: Writer, { first, accepted, reason }: AnswerMessage): void {
  checkPageSize(accepted.length)
  writePageIds(to, first, accepted.length)
  to.varint(accepted.length)
  const form = formOf(accepted)
  to.byte(form)
  to.word(answerReasons, reason)
  if (form !== answerForm.bitmap) return
  const bitmap = new Uint8Array(Math.ceil(accepted.length / 8))
  for (let i = 0; i < accepted.length; i++)
    if (accepted[i]) bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7))
  to.raw(bitmap)
}

export function readAnswer(from: Reader): AnswerMessage {
  const first = from.varint()
  const count = from.varint()
  if (count > maxFeedsPerPage) malformed(`An answer is about ${count} feeds, a page has ${maxFeedsPerPage}.`)
  checkPageIds(first, count)
  const form = from.byte()
  const reason = from.word(answerReasons)
  const accepted = readAccepted(from, form, count)
  return { type: 'answer', first, accepted, reason }
}

function readAccepted(from: Reader, form: number, count: number): boolean[] {
  if (form === answerForm.all || form === answerForm.none) {
    return new Array<boolean>(count).fill(form === answerForm.all)
  }
  if (form !== answerForm.bitmap) malformed('An answer has an unknown form.')
  const bitmap = from.view(Math.ceil(count / 8))
  const bit = (i: number) => (((bitmap[i >> 3] as number) >> (i & 7)) & 1) === 1
  for (let i = count; i < 8 * bitmap.length; i++) if (bit(i)) malformed('An answer sets a bit of no feed.')
  const accepted = Array.from({ length: count }, (_, i) => bit(i))
  if (formOf(accepted) !== answerForm.bitmap) malformed('An answer has a bitmap for all or none.')
  return accepted
}

function formOf(accepted: readonly boolean[]): number {
  if (accepted.every((taken) => taken)) return answerForm.all
  return accepted.some((taken) => taken) ? answerForm.bitmap : answerForm.none
}

/** A row of lengths in blocks, at most 16. */
export function writeLengths(to: Writer, lengths: readonly number[]): void {
  if (lengths.length > maxLengthsPerRow) unencodable(`A row has ${lengths.length} lengths.`)
  to.varint(lengths.length)
  for (const length of lengths) to.varint(length)
}

export function readLengths(from: Reader): number[] {
  const count = from.count(1)
  if (count > maxLengthsPerRow) malformed(`A row has ${count} lengths, ${maxLengthsPerRow} are allowed.`)
  if (count === 1) return [from.varint()]
  const lengths: number[] = []
  while (lengths.length < count) lengths.push(from.varint())
  return lengths
}

function tooLarge(detail: string): never {
  throw new Replic8Error('ERR_OFFER_TOO_LARGE', detail)
}
