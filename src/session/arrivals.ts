import type { Requester } from './requester.ts'

/** A request of hypercore's, which goes when its block is stored. A note on it costs less than a set for each channel. */
interface Noted {
  readonly index: number
  hasCome?: boolean
}

/**
 * The blocks of a channel that have come and are being stored. When the channel closes, hypercore gives all its requests
 * free, and would fetch these from somebody else once more: it has to hear of the close when they are stored.
 */
export class Arrivals {
  private readonly requester: Requester | null

  constructor(requester: Requester | null) {
    this.requester = requester
  }

  /** The block of this index has come. */
  note(index: number) {
    // Mostly the first: answers come in the order of the requests.
    const requests: readonly Noted[] = this.requester?.inflightRequests ?? []
    const request = requests.find((request) => request.index === index)
    if (request) request.hasCome = true
  }

  /** Requests nothing more, and calls back when none is being stored, at once if that is so. */
  settle(done: () => void) {
    const { requester } = this
    if (!requester || !this.isStoring) return done()
    requester.downloading = false
    requester.update = () => {
      if (this.isStoring) return
      requester.update = () => {}
      done()
    }
  }

  private get isStoring(): boolean {
    const requests: readonly Noted[] = this.requester?.inflightRequests ?? []
    return requests.some(({ hasCome }) => hasCome)
  }
}
