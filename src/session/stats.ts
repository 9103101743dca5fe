import { isSynced } from '../negotiation/agreement.ts'
import type { State } from '../negotiation/state.ts'
import type { Meter } from './meter.ts'

/** What a session has moved, and how many offers stand where. */
export interface SessionStats {
  /** Payload bytes of blocks. */
  bytesSent: number
  bytesReceived: number
  blocksSent: number
  blocksReceived: number
  /** Over the last seconds. */
  bytesPerSecond: { sent: number; received: number }
  /** Milliseconds; null before it was measured. */
  roundTripMs: number | null
  /** Offers of both sides: all, those that stand accepted (`replicating` and `synced` together), and the others. */
  feeds: {
    offered: number
    accepted: number
    replicating: number
    synced: number
    declined: number
    withdrawn: number
  }
}

export function statsOf(meter: Meter, roundTripMs: number | null, state: State): SessionStats {
  // Of many offers that are over, only how many there were is known.
  const { declined, ended: withdrawn } = state.forgotten
  const feeds = { offered: declined + withdrawn, accepted: 0, replicating: 0, synced: 0, declined, withdrawn }
  for (const offers of [state.outgoing, state.incoming]) {
    for (const offer of offers.values()) {
      feeds.offered++
      if (offer.status === 'declined') feeds.declined++
      else if (offer.status === 'ended') feeds.withdrawn++
      else if (offer.status === 'accepted') {
        feeds.accepted++
        feeds[isSynced(offer) ? 'synced' : 'replicating']++
      }
    }
  }
  const { bytesSent, bytesReceived, blocksSent, blocksReceived, bytesPerSecond } = meter
  return { bytesSent, bytesReceived, blocksSent, blocksReceived, bytesPerSecond, roundTripMs, feeds }
}
