/** hypercore 9's own side of a channel, as far as it is known here: what it asks the peer for. */
export interface Requester {
  downloading: boolean
  /** Requests that are not answered, or whose answers are being stored. */
  readonly inflightRequests: readonly { readonly index: number }[]
  setDownloading(downloading: boolean): void
  setUploading(uploading: boolean): void
  /** Requests on their way at a time, and those for blocks that the application waits for. */
  maxRequests: number
  urgentRequests: number
  /** The core's own settings. */
  readonly feed?: {
    readonly downloading?: boolean
    readonly uploading?: boolean
    readonly maxRequests?: number
  }
  /** Called whenever something can be requested. */
  update(): void
  /** Called when this end has blocks that it had not; `length`: how many, 1 where it is left out. */
  have(blocks: { start: number; length?: number }): void
  /** Called when what was requested is stored, or is not wanted any more; calls `update`. */
  _clear(index: number, hash: boolean): void
}

/** What a channel does; what is left out is the core's own setting. */
export interface ChannelOptions {
  download?: boolean | undefined
  upload?: boolean | undefined
  maxRequests?: number | undefined
}

/** Requests on their way at a time where nobody has set how many: hypercore's own number. */
const usual = 16

/** Changes what an open channel does. To close it and open another would cross with what the peer does meanwhile. */
export function configure(requester: Requester, { download, upload, maxRequests }: ChannelOptions) {
  const { feed } = requester
  setMaxRequests(requester, maxRequests ?? feed?.maxRequests ?? usual)
  requester.setDownloading(download ?? feed?.downloading !== false)
  requester.setUploading(upload ?? feed?.uploading !== false)
  requester.update()
}

/** What is asked for beyond it is what the application waits for, as in hypercore. */
export function setMaxRequests(requester: Requester, maxRequests: number) {
  requester.maxRequests = maxRequests
  requester.urgentRequests = maxRequests + usual
}

/** Whether the core was made without a number of its own, as far as that can be told. */
export function usesDefault({ feed }: Requester): boolean {
  return (feed?.maxRequests ?? usual) === usual
}

/** Whether the handlers of a channel are hypercore's. */
export function isRequester(handlers: object): handlers is Requester {
  const { setDownloading, setUploading, update, have, _clear, inflightRequests } =
    handlers as Partial<Requester>
  return (
    isMethod(setDownloading) &&
    isMethod(setUploading) &&
    isMethod(update) &&
    isMethod(have) &&
    isMethod(_clear) &&
    Array.isArray(inflightRequests)
  )
}

const isMethod = (value: unknown) => typeof value === 'function'

/**
 * hypercore 9.12 (lib/replicate.js, `Peer.prototype.have`) takes a missing length for none, so that a channel does not
 * learn of a block that came by another, and fetches it again: with two peers every block came twice.
 */
export function mend(requester: Requester) {
  // One for all channels, as they have it from one prototype.
  if (requester.have !== mended?.have) mended = { have: requester.have, better: withLength(requester.have) }
  requester.have = mended.better
}

let mended: { have: Requester['have']; better: Requester['have'] } | undefined

function withLength(have: Requester['have']): Requester['have'] {
  return function (this: Requester, blocks) {
    have.call(this, blocks.length === undefined ? { start: blocks.start, length: 1 } : blocks)
  }
}
