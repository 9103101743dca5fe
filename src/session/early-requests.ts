/**
 * Blocks that are requested before the peer has shown what it has, by its word in the control messages: the first ones
 * come a round trip sooner. docs/PROTOCOL.md, "Feed channels".
 */

/** Blocks that are requested so at most; the peer has to hold these requests until it has opened its end. */
export const firstBlocks = 16

export interface BlockRequest {
  index: number
  bytes?: number
  hash?: boolean
}

/** hypercore 9's side of a channel, as far as this needs to know it. */
interface Asker {
  readonly feed?: { has?(index: number): boolean }
  readonly inflightRequests?: readonly BlockRequest[]
  readonly remoteBitfield?: { get(index: number): boolean; set(index: number, value: boolean): boolean }
  _clear?(index: number, hash: boolean): void
}

/** hypercore 9's side of a channel of a feed that the peer asks for. */
interface Answerer {
  readonly feed?: { readonly length: number; has(index: number): boolean }
  readonly uploading?: boolean
  remoteWant?: boolean
  /** Answers to WANTs that have not come. */
  inflightWants?: number
}

interface Beginner {
  begin(): void
}

let opened: Beginner[] = []

/** Calls back when the core has the channel. A microtask of its own for each costs more than what it does. */
export function beginSoon(channel: Beginner) {
  if (opened.push(channel) > 1) return
  queueMicrotask(() => {
    const channels = opened
    opened = []
    for (const channel of channels) channel.begin()
  })
}

/** Whether this end has not the block that is asked for: it was cleared since it was offered. */
export function isInVain({ index, bytes, hash }: BlockRequest, handlers: object): boolean {
  return !bytes && !hash && (handlers as Asker).feed?.has?.(index) === false
}

/** The peer shows now what it has of the first blocks: its word counts no more. Where it has none, it shows nothing. */
export function takeBack(handlers: object) {
  for (let index = 0; index < firstBlocks; index++) (handlers as Asker).remoteBitfield?.set(index, false)
}

/** The peer has shown what it has: what was requested of the rest may be requested elsewhere. */
export function giveUpMissing(handlers: object) {
  const { inflightRequests = [], remoteBitfield } = handlers as Asker
  for (const { index, bytes } of [...inflightRequests])
    if (!bytes && !remoteBitfield?.get(index)) (handlers as Asker)._clear?.(index, false)
}

/**
 * The peer wants to know which blocks there are, and the offers have said all: true, and it will hear of what comes.
 * @param told blocks that each offer of the feed has said from the first to the last
 */
export function knowsAll(handlers: object, told: number): boolean {
  const { feed, uploading, remoteWant } = handlers as Answerer
  if (!uploading || typeof remoteWant !== 'boolean' || told === 0 || told > firstBlocks) return false
  if (feed?.length !== told) return false
  for (let index = 0; index < told; index++) if (!feed.has(index)) return false
  ;(handlers as Answerer).remoteWant = true
  return true
}

/** The answer to a WANT that was left unsaid is that all is as it was stated: hypercore waits for it. */
export function settleWant(handlers: object) {
  const { feed, inflightWants = 0 } = handlers as Answerer & {
    readonly feed?: { readonly ifAvailable?: { continue(): void } }
  }
  if (inflightWants === 0) return
  ;(handlers as Answerer).inflightWants = inflightWants - 1
  feed?.ifAvailable?.continue()
}
