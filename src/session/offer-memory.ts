import type { Offered } from '../negotiation/range-index.ts'
import { type Acquaintance, type Recollection, worthComparing } from '../negotiation/recollection.ts'
import type { Json } from '../wire/messages.ts'
import { defaults } from './options.ts'

/** Peers of whom something is remembered, be it that they offered little. */
const mostPeers = 1024
/** Bytes, about, that an offer takes beside its header. */
const offerBytes = 256
/** Bytes, about, that a value takes, or the place of one. */
const valueBytes = 8

interface Remembered extends Acquaintance {
  bytes: number
}

/**
 * What peers offered and took in the last session with each of them, by their static Noise keys: the next session with a peer
 * then says only what has changed. Belongs to all sessions of one key pair; kept in memory, for the life of the process.
 * It holds what both ends know; losing it costs nothing but the whole offer.
 */
export class OfferMemory {
  private readonly most: number
  /** The least recently seen first. */
  private readonly peers = new Map<string, Remembered>()
  private bytes = 0

  /** @param bytes about how much it may take; the peers seen least recently are forgotten. Default: 64 MiB */
  constructor(bytes: number = defaults.limits.rememberedBytes) {
    this.most = bytes
  }

  /** What is remembered of a peer; null where it is not known at all. */
  of(peer: string): Acquaintance | null {
    return this.peers.get(peer) ?? null
  }

  /** Remembers what a peer offered and took, in place of what was remembered of it. */
  keep(peer: string, { offered, taken }: Acquaintance) {
    this.forget(peer)
    const nothing: Recollection = new Map()
    let remembered = weigh(worthComparing(offered) ?? nothing, worthComparing(taken) ?? nothing)
    // A part of it would be in vain: something would differ everywhere.
    if (remembered.bytes > this.most) remembered = weigh(nothing, nothing)
    this.peers.set(peer, remembered)
    this.bytes += remembered.bytes
    for (const oldest of this.peers.keys()) {
      if (this.bytes <= this.most && this.peers.size <= mostPeers) return
      this.forget(oldest)
    }
  }

  private forget(peer: string) {
    this.bytes -= this.peers.get(peer)?.bytes ?? 0
    this.peers.delete(peer)
  }
}

function weigh(offered: Recollection, taken: Recollection): Remembered {
  let bytes = 0
  for (const offers of [...offered.values(), ...taken.values()])
    for (const offer of offers) bytes += weightOf(offer)
  return { offered, taken, bytes }
}

function weightOf({ header }: Offered): number {
  return offerBytes + bytesOf(header)
}

/** About the bytes that a part of a header takes. Its JSON text would tell too, and takes longer. */
function bytesOf(value: Json): number {
  if (typeof value === 'string') return 2 * value.length
  if (typeof value !== 'object' || value === null) return valueBytes
  let bytes = 0
  for (const key in value)
    bytes += 2 * key.length + valueBytes + bytesOf((value as Record<string, Json>)[key] as Json)
  return bytes
}
