import { isRequester, type Requester } from './requester.ts'

/**
 * The blocks of a channel that have come and are being stored. When the channel closes, hypercore gives all its requests
 * free, and would fetch these from somebody else once more: it has to hear of the close when they are stored.
 */
export class Arrivals {
  private readonly requester: Requester | null
  private readonly arrived = new WeakSet<object>()

  constructor(handlers: object) {
    this.requester = isRequester(handlers) ? handlers : null
  }

  /** The block of this index has come. */
  note(index: number) {
    // Mostly the first: answers come in the order of the requests.
    const request = this.requester?.inflightRequests.find((request) => request.index === index)
    if (request) this.arrived.add(request)
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
    return this.requester?.inflightRequests.some((request) => this.arrived.has(request)) === true
  }
}
