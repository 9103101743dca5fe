import { isCore } from '../session/core.ts'
import type { Shared } from './core-store.ts'

/** Cores that are noted at a time, of a store that shares very many. */
const chunk = 1024

type Ask = <T>(question: () => T | PromiseLike<T>, failed: T) => Promise<T>
type AnyIterator = Iterator<Shared> | AsyncIterator<Shared>

/**
 * Reads what a store shares: an array, an iterable or an async iterable. What came before a failure counts. Those of an
 * async iterable are given one by one, as they come: nobody knows how long the next one takes.
 * @param ask asks the store for the next one; gives its second argument when that fails
 */
export async function readShared(answer: unknown, ask: Ask, give: (part: Shared[]) => Promise<void>) {
  const opened = await ask<ReturnType<typeof open>>(() => open(answer), null)
  if (!opened) return
  const { iterator, atOnce } = opened
  const given: Promise<void>[] = []
  let part: Shared[] = []
  for (;;) {
    const next = await ask<IteratorResult<Shared>>(() => iterator.next(), { done: true, value: undefined })
    const value = next.done ? null : await ask<Shared | null>(() => next.value, null)
    if (value) part.push(value)
    if (part.length >= (atOnce ? 1 : chunk) || (next.done && part.length > 0)) {
      given.push(give(part))
      if (!atOnce) await given.at(-1)
      part = []
    }
    if (next.done) break
  }
  await Promise.all(given)
}

function open(answer: unknown): { iterator: AnyIterator; atOnce: boolean } | null {
  if (answer === null || answer === undefined) return null
  // A key is iterable too, and means itself.
  if (answer instanceof Uint8Array || isIterable(answer) === null) {
    if (!(answer instanceof Uint8Array) && !isCore(answer))
      throw new TypeError('share gave something that is no list of cores')
    return { iterator: [answer][Symbol.iterator](), atOnce: false }
  }
  const kind = isIterable(answer) as 'async' | 'sync'
  const iterable = answer as Iterable<Shared> & AsyncIterable<Shared>
  return kind === 'async'
    ? { iterator: iterable[Symbol.asyncIterator](), atOnce: true }
    : { iterator: iterable[Symbol.iterator](), atOnce: false }
}

function isIterable(value: unknown): 'async' | 'sync' | null {
  const candidate = value as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown }
  if (typeof candidate[Symbol.asyncIterator] === 'function') return 'async'
  return typeof candidate[Symbol.iterator] === 'function' ? 'sync' : null
}
