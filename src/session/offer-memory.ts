import type { Offered } from '../negotiation/range-index.ts'
import { type Recollection, worthComparing } from '../negotiation/recollection.ts'
import { defaults } from './options.ts'

/** Peers of whom something is remembered, be it that they offered little. */
const mostPeers = 1024
/** Bytes, about, that an offer takes beside its header. */
const offerBytes = 256

interface Remembered {
  recollection: Recollection
  bytes: number
}

/**
 * What peers offered in the last session with each of them, by their static Noise keys: the next session with a peer
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
  of(peer: string): Recollection | null {
    return this.peers.get(peer)?.recollection ?? null
  }

  /** Remembers what a peer offered, in place of what was remembered of it. */
  keep(peer: string, recollection: Recollection) {
    this.forget(peer)
    let remembered = weigh(worthComparing(recollection) ?? new Map())
    // A part of it would be in vain: something would differ everywhere.
    if (remembered.bytes > this.most) remembered = weigh(new Map())
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

function weigh(recollection: Recollection): Remembered {
  let bytes = 0
  for (const offers of recollection.values()) for (const offer of offers) bytes += weightOf(offer)
  return { recollection, bytes }
}

function weightOf({ header }: Offered): number {
  for (const _ in header) return offerBytes + 2 * JSON.stringify(header).length
  return offerBytes
}
