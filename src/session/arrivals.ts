import type { Requester } from './requester.ts'

/**
 * The blocks of a channel that have come and are being stored. When the channel closes, hypercore gives all its requests
 * free, and would fetch these from somebody else once more: it has to hear of the close when they are stored.
 */

/** A request of hypercore's, which goes when its block is stored. A note on it costs less than a set for each channel. */
interface Noted {
  readonly index: number
  hasCome?: boolean
}

/** The block of this index has come. */
export function noteArrival({ inflightRequests }: Requester, index: number) {
  // Mostly the first: answers come in the order of the requests.
  const request: Noted | undefined = inflightRequests.find((request) => request.index === index)
  if (request) request.hasCome = true
}

/** Requests nothing more, and calls back when none is being stored, at once if that is so. */
export function settleArrivals(requester: Requester, done: () => void) {
  if (!isStoring(requester)) return done()
  requester.downloading = false
  requester.update = () => {
    if (isStoring(requester)) return
    requester.update = () => {}
    done()
  }
}

function isStoring({ inflightRequests }: Requester): boolean {
  return inflightRequests.some(({ hasCome }: Noted) => hasCome)
}
