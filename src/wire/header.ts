/** Headers and userData: the JSON in control messages, checked where it is sent and where it arrives. */
import { Replic8Error } from '../errors.ts'
import { parseJson, plainCopy, withoutPrototypes } from './json.ts'
import { type DecodeLimits, maxHeaderDepth, textBytes, userDataDepth } from './limits.ts'
import type { Header, Json } from './messages.ts'
import { malformed } from './reader.ts'
import { utf8Length } from './text.ts'

export { jsonBytes } from './json.ts'

type HeaderLimits = Pick<DecodeLimits, 'headerBytes' | 'headerDepth'>

/**
 * Checks a header before it is offered and copies it, so that the application may change its own afterwards.
 * @param value a plain JSON object; undefined gives {}. Properties that are undefined are left out, as JSON does
 * @returns a deep copy in which no object has a prototype
 * @throws ERR_BAD_HEADER, saying which part is wrong: no plain object, a value that JSON does not have (function,
 *   symbol, bigint, NaN, class instance, circle), a key `__proto__` or `constructor`, too deep, too many bytes
 */
export function checkHeader(value: unknown, limits: HeaderLimits): Header {
  const copy = plainCopy(value ?? (value === undefined ? {} : null), {
    name: 'The header',
    maxBytes: limits.headerBytes,
    maxDepth: Math.min(limits.headerDepth, maxHeaderDepth),
    code: 'ERR_BAD_HEADER',
  })
  if (isObject(copy)) return copy
  throw new Replic8Error('ERR_BAD_HEADER', 'The header is not an object.')
}

/**
 * Checks the userData option and copies it as {@link checkHeader} does. Any JSON value; undefined gives null.
 * @throws ERR_BAD_OPTION: as for a header, with 65,536 bytes and 32 levels
 */
export function checkUserData(value: unknown): Json {
  return plainCopy(value === undefined ? null : value, {
    name: 'userData',
    maxBytes: textBytes.userData,
    maxDepth: userDataDepth,
    code: 'ERR_BAD_OPTION',
  })
}

/** The header that says nothing: most do, so that one is enough for all. */
export const emptyHeader: Header = Object.freeze(Object.create(null))

/** The one text for a page's headers: empty when there is nothing to say, else a JSON array. */
export function stringifyHeaders(headers: readonly Header[]): string {
  return headers.every(isEmpty) ? '' : arrayText(headers.map((header) => JSON.stringify(header)))
}

export function isEmpty(header: Header): boolean {
  for (const _ in header) return false
  return true
}

/**
 * The headers of a page.
 * @param text as {@link stringifyHeaders} makes it, no other form of the same JSON
 * @returns `count` objects without a prototype at any depth
 * @throws ERR_PROTOCOL for another text or number of headers, ERR_BAD_HEADER for one that is no object, too deep
 *   or has a refused key, ERR_OFFER_TOO_LARGE for one over `headerBytes`
 */
export function parseHeaders(text: string, count: number, limits: HeaderLimits): Header[] {
  if (text === '') return new Array<Header>(count).fill(emptyHeader)
  const parsed = parseJson(text)
  if (!Array.isArray(parsed)) malformed('The headers of a page are no array.')
  if (parsed.length !== count) malformed(`A page of ${count} feeds has ${parsed.length} headers.`)
  const headers = parsed.map((value) => bareHeader(value, limits))
  const texts = headers.map((header) => JSON.stringify(header))
  for (const each of texts) checkBytes(each, limits)
  if (arrayText(texts) !== text) malformed('Headers are not in the form of JSON.stringify.')
  return headers
}

/** One header, from the text that JSON.stringify makes of it. Throws as {@link parseHeaders} does. */
export function parseHeader(text: string, limits: HeaderLimits): Header {
  checkBytes(text, limits)
  const header = bareHeader(parseJson(text), limits)
  if (JSON.stringify(header) !== text) malformed('A header is not in the form of JSON.stringify.')
  return header
}

/**
 * The peer's userData, from the text that JSON.stringify makes of it.
 * @throws ERR_PROTOCOL for anything else, and for more than 32 levels or a refused key
 */
export function parseUserData(text: string): Json {
  const userData = withoutPrototypes(parseJson(text), userDataDepth, 'ERR_PROTOCOL')
  if (JSON.stringify(userData) !== text) malformed('userData is not in the form of JSON.stringify.')
  return userData
}

function bareHeader(value: unknown, limits: HeaderLimits): Header {
  const maxDepth = Math.min(limits.headerDepth, maxHeaderDepth)
  const header = withoutPrototypes(value, maxDepth, 'ERR_BAD_HEADER')
  if (isObject(header)) return header
  throw new Replic8Error('ERR_BAD_HEADER', 'A header from the peer is not an object.')
}

function checkBytes(text: string, limits: HeaderLimits): void {
  const bytes = utf8Length(text)
  if (bytes <= limits.headerBytes) return
  throw new Replic8Error(
    'ERR_OFFER_TOO_LARGE',
    `A header from the peer has ${bytes} bytes, ${limits.headerBytes} are allowed.`,
  )
}

function arrayText(items: readonly string[]): string {
  return items.every((item) => item === '{}') ? '' : `[${items.join(',')}]`
}

function isObject(value: Json): value is Header {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
