import type { Requester } from './requester.ts'

/** Blocks that are asked for one after the other before the next place is drawn. */
const runLength = 512

/** What hypercore 9.12 (lib/replicate.js) has inside its side of a channel. */
interface Chooser extends Requester {
  /** Over the blocks that the peer has and this end has not. */
  _iterator: BlockIterator
  _downloadRange(range: Range): void
  _request(index: number, bytes: number, hash: boolean): void
}

interface BlockIterator {
  seek(index: number): BlockIterator
  next(value: boolean): number
}

interface Range {
  readonly start: number
  readonly linear?: boolean
  /** Looks for a byte, by this offset. */
  readonly bytes?: number
  readonly hash?: boolean
}

/**
 * hypercore draws each block that it asks for by lot, so that peers of one feed get different ones to pass on. Here the
 * lot draws where a run of blocks begins: neighbours share most of their proof, and lie beside each other in storage, where
 * scattered blocks of 1 KB have as many pages written.
 */
export function askInRuns(requester: Requester): void {
  if (!isChooser(requester)) return
  const { _iterator, _downloadRange, _request } = requester
  /** Where the run goes on, and how far. */
  let next = 0
  let left = 0
  /** A block of the run, or the first of another, is being chosen; by a lot, until the first `seek`. */
  let choosing = false
  let draws = false
  /** What was drawn where a run goes on instead, should there be nothing left ahead of the run. */
  let drawn = -1
  const iterator: BlockIterator = {
    seek(index) {
      const goesOn = draws && left > 0
      draws = false
      drawn = goesOn ? index : -1
      _iterator.seek(goesOn ? next : index)
      return iterator
    },
    next(value) {
      const found = _iterator.next(value)
      const place = drawn
      drawn = -1
      return found === -1 && place >= 0 ? _iterator.seek(place).next(value) : found
    },
  }
  requester._iterator = iterator
  requester._downloadRange = (range) => {
    choosing = !range.linear && !range.bytes && !range.hash
    draws = choosing && next >= range.start
    _downloadRange.call(requester, range)
    choosing = draws = false
  }
  requester._request = (index, bytes, hash) => {
    if (choosing) {
      left = index === next && left > 0 ? left - 1 : runLength
      next = index + 1
    }
    _request.call(requester, index, bytes, hash)
  }
}

function isChooser(requester: Requester): requester is Chooser {
  const { _iterator, _downloadRange, _request } = requester as Partial<Chooser>
  return (
    typeof _iterator?.seek === 'function' &&
    typeof _downloadRange === 'function' &&
    typeof _request === 'function'
  )
}
