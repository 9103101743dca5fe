/** JSON from outside: what an application hands over, and what a peer sends, as plain values without prototypes. */
import { type ErrorCode, Replic8Error, toReplic8Error } from '../errors.ts'
import type { Json } from './messages.ts'
import { malformed } from './reader.ts'
import { utf8Length } from './text.ts'

/** What is asked of a value before it is sent. */
export interface JsonRules {
  /** How a message names the value: 'header'. */
  name: string
  /** Of its JSON text in UTF-8. */
  maxBytes: number
  /** Objects and arrays inside each other; the value itself is the first. */
  maxDepth: number
  /** What is thrown. */
  code: ErrorCode
}

/** Names that reach into an object's prototype where code is careless. */
const refusedKeys = new Set(['__proto__', 'constructor'])

/** Bytes of the value's JSON text in UTF-8. */
export function jsonBytes(value: Json): number {
  return utf8Length(JSON.stringify(value))
}

/** @throws ERR_PROTOCOL when `text` is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    malformed('A text is not JSON.')
  }
}

/**
 * A copy of what JSON.parse made in which no object has a prototype.
 * @throws `code` when it is deeper than `maxDepth` or has a key `__proto__` or `constructor`
 */
export function withoutPrototypes(parsed: unknown, maxDepth: number, code: ErrorCode): Json {
  if (typeof parsed !== 'object' || parsed === null) return parsed as Json
  if (maxDepth < 1) throw new Replic8Error(code, 'JSON from the peer is too deep.')
  if (Array.isArray(parsed)) return parsed.map((item) => withoutPrototypes(item, maxDepth - 1, code))
  const copy: { [key: string]: Json } = Object.create(null)
  for (const key of Object.keys(parsed)) {
    if (refusedKeys.has(key)) throw new Replic8Error(code, `JSON from the peer has the key ${key}.`)
    copy[key] = withoutPrototypes((parsed as { [key: string]: unknown })[key], maxDepth - 1, code)
  }
  return copy
}

/**
 * A deep copy of an application's value as JSON.stringify sees it: properties that are undefined are left out,
 * undefined in an array is null. What JSON.stringify would change or lose silently is refused.
 * @throws `rules.code`, with the place and what is wrong there
 */
export function plainCopy(value: unknown, rules: JsonRules): Json {
  const copy = copyOf(value, rules)
  const bytes = jsonBytes(copy)
  if (bytes > rules.maxBytes) {
    refuse(rules, rules.name, `has ${bytes} bytes of JSON, ${rules.maxBytes} are allowed`)
  }
  return copy
}

function copyOf(value: unknown, rules: JsonRules): Json {
  try {
    return new Copier(rules).copy(value, rules.name)
  } catch (error) {
    // A getter or a Proxy of the application may throw anything.
    throw toReplic8Error(error, rules.code)
  }
}

class Copier {
  readonly #rules: JsonRules
  readonly #around: object[] = []
  /** Shrinks by the least that each part can take, so that a huge value is not copied before it is refused. */
  #bytesLeft: number

  constructor(rules: JsonRules) {
    this.#rules = rules
    this.#bytesLeft = rules.maxBytes
  }

  copy(value: unknown, place: string): Json {
    this.#spend(1, place)
    switch (typeof value) {
      case 'string':
        this.#spend(value.length, place)
        return value
      case 'boolean':
        return value
      case 'number':
        if (!Number.isFinite(value)) this.#refuse(place, `is ${value}, which JSON does not have`)
        return value === 0 ? 0 : value // JSON has no -0
      case 'object':
        return value === null ? null : this.#container(value, place)
      default:
        return this.#refuse(place, `is a ${typeof value}, which JSON does not have`)
    }
  }

  #container(value: object, place: string): Json {
    if (this.#around.includes(value)) this.#refuse(place, 'contains itself')
    const { maxDepth } = this.#rules
    if (this.#around.length >= maxDepth) this.#refuse(place, `is deeper than ${maxDepth} levels`)
    this.#around.push(value)
    const copy = Array.isArray(value) ? this.#array(value, place) : this.#object(value, place)
    this.#around.pop()
    return copy
  }

  #array(value: unknown[], place: string): Json[] {
    if (value.length > this.#bytesLeft) this.#tooLarge(place)
    return Array.from(value, (item, i) => this.copy(item === undefined ? null : item, `${place}[${i}]`))
  }

  #object(value: object, place: string): Json {
    if (!isPlain(value)) this.#refuse(place, `is a ${classOf(value)}, not a plain object`)
    const copy: { [key: string]: Json } = Object.create(null)
    for (const [key, item] of Object.entries(value)) {
      if (refusedKeys.has(key)) this.#refuse(place, `has the key ${key}`)
      if (item === undefined) continue
      this.#spend(key.length, place)
      copy[key] = this.copy(item, `${place}.${key}`)
    }
    return copy
  }

  #spend(bytes: number, place: string): void {
    this.#bytesLeft -= bytes
    if (this.#bytesLeft < 0) this.#tooLarge(place)
  }

  #tooLarge(place: string): never {
    this.#refuse(place, `takes more than the ${this.#rules.maxBytes} bytes of JSON that are allowed`)
  }

  #refuse(place: string, detail: string): never {
    refuse(this.#rules, place, detail)
  }
}

function refuse(rules: JsonRules, place: string, detail: string): never {
  const shown = place.length > 100 ? `${place.slice(0, 100)}…` : place
  throw new Replic8Error(rules.code, `${shown} ${detail}.`)
}

/** An object literal, of this realm or of another (a frame's, a vm context's), or one without a prototype. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function classOf(value: object): string {
  const name = value.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'class instance'
}
