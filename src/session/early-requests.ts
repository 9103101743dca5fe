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
