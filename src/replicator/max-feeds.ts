import { Replic8Error } from '../errors.ts'
import { toHexKey } from '../session/core.ts'
import type { CoreStore, DescribeQuestion, FeedQuestion } from './core-store.ts'

export interface MaxFeedsOptions {
  /** Feeds taken before this start, that count as well. Default: none. */
  taken?: Iterable<Uint8Array | string>
}

/**
 * Takes `n` feeds from peers, at most, whichever peers they are. One that was taken is not refused later; own feeds do
 * not count. Mount it after whatever else refuses feeds: it counts each one that it lets through.
 *
 * Errors: ERR_BAD_ARGUMENT, unless `n` is a whole number, 0 or more.
 */
export function maxFeeds(n: number, { taken = [] }: MaxFeedsOptions = {}): CoreStore {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new Replic8Error('ERR_BAD_ARGUMENT', 'maxFeeds takes a whole number, 0 or more.')
  const counted = new Set([...taken].map(toHexKey))
  const own = new Set<string>()
  return {
    name: 'maxFeeds',
    describe({ key }: DescribeQuestion) {
      // What is offered is here already.
      own.add(toHexKey(key))
    },
    reject({ key }: FeedQuestion) {
      const hex = toHexKey(key)
      if (counted.has(hex) || own.has(hex)) return false
      if (counted.size >= n) return true
      counted.add(hex)
      return false
    },
  }
}
