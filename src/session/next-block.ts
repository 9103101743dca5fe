/**
 * The block behind the last one, requested before there is one: where a feed grows while it is replicated, hypercore
 * announces each block, is asked for it, and answers. With the request there already the block itself is the announcement,
 * and comes a round trip sooner. docs/PROTOCOL.md, "The next block".
 */
import type { BlockRequest } from './early-requests.ts'
import type { RequestMessage } from './engine-channel.ts'
import type { Requester } from './requester.ts'
import type { Have } from './unsaid.ts'

interface Range {
  readonly start: number
  readonly end: number
  readonly blocks?: unknown
  readonly hash?: boolean
}

/** A hypercore, as far as it tells what is wanted of it. */
interface Growing {
  readonly length: number
  readonly _selections: readonly Range[]
  readonly _waiting: readonly { index: number; bytes?: number }[]
  digest(index: number): number
}

/** The channel of a feed. */
interface Channel {
  readonly closed: boolean
  readonly channel: { request(request: RequestMessage): void }
  call(name: 'onhave', message: Have): void
}

/** The end that fetches, of a feed that has been seen to grow: of others nothing says that there will be more. */
export class NextBlock {
  private readonly channel: Channel
  private readonly requester: Requester
  private readonly feed: Growing
  /** The block that is requested so; -1: none. */
  private index = -1

  /** Null where these blocks, which the peer has, do not tell that the feed grows. */
  static after({ start, bitfield }: Have, channel: Channel, requester: Requester | null): NextBlock | null {
    const feed = requester?.feed as Partial<Growing> | undefined
    if (!requester || bitfield || start === 0 || start !== feed?.length) return null
    const isKnown = Array.isArray(feed._selections) && Array.isArray(feed._waiting) && feed.digest
    return isKnown ? new NextBlock(channel, requester, feed as Growing) : null
  }

  private constructor(channel: Channel, requester: Requester, feed: Growing) {
    this.channel = channel
    this.requester = requester
    this.feed = feed
    const { _clear } = requester
    requester._clear = (index, hash) => {
      _clear.call(requester, index, hash)
      this.ask(index + 1)
    }
  }

  /** Whether the peer has the request for this block already. */
  isAsked(index: number): boolean {
    return index === this.index && index >= this.feed.length
  }

  /** A block is coming in: hypercore takes none that it has not asked for, and asks for none that was not announced. */
  came(index: number) {
    if (index !== this.index) return
    this.channel.call('onhave', { start: index })
    this.index = -1
  }

  /** The peer answers no more requests, or does so again. */
  forget() {
    this.index = -1
  }

  /** The block before is here: who had it first will have the next one, too. */
  private ask(index: number) {
    const { channel, feed, requester } = this
    if (channel.closed || index !== feed.length || index === this.index) return
    if (!requester.downloading || requester.inflightRequests.length > 0 || !isWanted(feed, index)) return
    this.index = index
    channel.channel.request({ index, bytes: 0, hash: false, nodes: feed.digest(index) } as RequestMessage)
  }
}

function isWanted({ _selections, _waiting }: Growing, index: number): boolean {
  return (
    _selections.some(({ start, end, blocks, hash }) => !blocks && !hash && end < 0 && start <= index) ||
    _waiting.some((wait) => wait.index === index && !wait.bytes)
  )
}

/** The end that is asked: whether these blocks, which are here now, are what a request waits for. */
export function isAwaited({ start, length = 1, bitfield }: Have, { index }: BlockRequest): boolean {
  return !bitfield && index >= start && index < start + length
}
