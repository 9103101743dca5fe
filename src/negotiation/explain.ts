import { isSynced, offersOf } from './agreement.ts'
import type { HexKey, Namespace } from './events.ts'
import type { Incoming, Outgoing, ShareState, State } from './state.ts'

/** Where a feed stands with a peer. docs/WHY.md has a row for each code. */
export const explanations = {
  'not-connected': 'The peer has not proved yet that it holds the key, or the session is over.',
  'not-offered': 'Neither side has offered this feed.',
  'waiting-for-core':
    'A core of this side is still being opened; the offer is made, or handed out, after that.',
  queued: 'The offer waits because the peer has not answered the pages before it.',
  'waiting-for-answer': 'The feed is offered and the answer has not come yet.',
  'no-handler': 'No accept handler is registered for the namespace of the offer, so it was declined.',
  declined: 'The accept handler did not take the feed.',
  'accept-timeout': 'The accept handler did not answer in time, so the offer was declined.',
  'handler-failed':
    'The accept handler threw or named a core that was not offered, so the offer was declined.',
  'over-limit':
    'The offer is larger than the limits of the receiving side, or one side has no room for more feeds.',
  replicating: 'Both sides agreed, and blocks are still missing.',
  paused:
    'Both sides agreed and blocks are still missing, but this side asks for none: downloads are paused, or the session retires.',
  synced: 'Both sides agreed, and the accepting side has all blocks it wants.',
  withdrawn: 'The offering side took the offer back.',
  'core-failed': 'The core could not be opened, or its storage failed.',
  'core-closed': 'The core was closed.',
} as const

export type ExplanationCode = keyof typeof explanations

/** The most hopeful first: what a feed with several offers is said to be. */
const rank: ExplanationCode[] = ['replicating', 'synced', 'waiting-for-answer', 'waiting-for-core', 'queued']

/** The code for a feed, and the offer that it speaks of. */
export function explain(
  state: State,
  key: HexKey,
): { code: ExplanationCode; namespace: Namespace; offer?: Outgoing | Incoming } {
  const feed = state.feeds.get(key)
  const found = feed
    ? offersOf(feed).map((offer) => ({ code: codeOf(offer), namespace: offer.namespace, offer }))
    : []
  const opening = [...state.opening]
    .map((id) => state.shares.get(id))
    .find((share) => share && isOpening(share, key))
  const pending = opening ? [{ code: 'waiting-for-core' as const, namespace: opening.namespace }] : []
  const all = [...found, ...pending]
  for (const code of rank) {
    const match = all.find((candidate) => candidate.code === code)
    if (match) return match
  }
  return all.at(-1) ?? { code: 'not-offered', namespace: null }
}

/** Its core has still to be offered by this share. */
function isOpening({ keys, changes, offers }: ShareState, key: HexKey): boolean {
  return keys.includes(key) && changes.get(key) !== null && ![...offers].some((offer) => offer.key === key)
}

function codeOf(offer: Outgoing | Incoming): ExplanationCode {
  switch (offer.status) {
    case 'queued':
      return 'queued'
    case 'waiting':
      return 'waiting-for-core'
    case 'offered':
    case 'handed-out':
      return 'waiting-for-answer'
    case 'accepted':
      return isSynced(offer) ? 'synced' : 'replicating'
    default:
      return offer.reason ?? 'declined'
  }
}
