import { Few } from '../few.ts'
import type {
  AnswerReason,
  EndReason,
  Header,
  HelloMessage,
  MemorySection,
  PeerLimits,
} from '../wire/messages.ts'
import type { Comparison, Recalls } from './comparing.ts'
import type { Effect, HexKey, Namespace, SyncFilter } from './events.ts'
import { atLeast, isSame } from './lengths.ts'
import type { Fingerprint } from './range-index.ts'
import type { Section } from './recalling.ts'
import type { Recollection } from './recollection.ts'
import type { Ring } from './remembering.ts'

/**
 * One offer that we make.
 * queued → offered → accepted | declined; each but declined can still become ended.
 */
export interface Outgoing {
  /** Given when the offer is put on a page; -1 before. */
  id: number
  readonly key: HexKey
  readonly feed: FeedState
  readonly namespace: Namespace
  header: Header
  /** What our cores hold now. */
  lengths: number[]
  /** What it was made with. */
  offered: number[]
  /** What the peer was told last. */
  told: number[]
  /** What we had when the peer's acceptance arrived, and still have: a one-shot session ends when the peer has this. */
  stated: number[]
  /** What the peer says that it has. */
  caughtUp: number[] | null
  status: 'queued' | 'offered' | 'accepted' | 'declined' | 'ended'
  reason: AnswerReason | EndReason | null
  /** Shares that wait for the answer. */
  shares: readonly number[]
  /** Counted in `pendingUploads`. */
  pending: boolean
}

/**
 * One offer of the peer's.
 * waiting (for our own cores) → handed-out (to the accept handler) → accepted | declined; any of them → ended.
 */
export interface Incoming {
  readonly id: number
  readonly key: HexKey
  readonly feed: FeedState
  readonly namespace: Namespace
  header: Header
  /** What it was made with. */
  readonly offered: number[]
  /** What the peer's cores hold, as far as it told us. */
  known: number[]
  /** What it told us before we accepted, and still has: a one-shot session ends when we have this. */
  required: number[]
  /** What we told it that we have. */
  have: number[] | null
  status: 'waiting' | 'handed-out' | 'accepted' | 'declined' | 'ended'
  reason: AnswerReason | EndReason | null
  /** Counted in `pendingDownloads`. */
  pending: boolean
}

/** All offers of one feed, in every namespace, from both sides. */
export interface FeedState {
  readonly key: HexKey
  readonly outgoing: Few<Namespace, Outgoing>
  readonly incoming: Few<Namespace, Incoming>
  /** Accepted offers that stand; the channel is open while there are any. */
  agreements: number
  /** Counted in the state's `channels`. */
  channels: number
  synced: boolean
  /** Blocks offered when it was last said to be caught up. */
  syncedLength: number
}

export interface ShareState {
  readonly namespace: Namespace
  /** Keys known while the cores open, for `why`. */
  readonly keys: HexKey[]
  /** What was said of its feeds while the cores opened: a new header; null: taken back. */
  readonly changes: Map<HexKey, Header | null>
  /** A feed of it was taken back before it was offered. */
  takenBack: boolean
  readonly offers: Set<Outgoing>
  unanswered: number
}

/** A page of the peer's that we have not answered yet. */
export interface IncomingPage {
  readonly first: number
  /** All of it: the page remembers those that are over too. */
  readonly offers: readonly Incoming[]
  /** Those that the accept handler sees; what was over before is left out. */
  handedOut: readonly Incoming[]
  readonly namespace: Namespace
  /** Shares of ours that were opening cores when the page arrived. */
  readonly waitsFor: Set<number>
}

/** What one who waits for a sync waits for. */
export interface Goal {
  readonly offer: Outgoing | Incoming
  readonly lengths: number[]
}

export interface SyncWaiter {
  readonly filter: SyncFilter
  /** Our shares that have to be answered first. */
  readonly shares: Set<number>
  /** The peer's pages below this id have to be answered first. */
  readonly before: number
  /** Set when all those are answered. */
  goals: Goal[] | null
  /** How many of these are reached, from the first on: what was reached once counts. */
  reached: number
}

export interface NegotiationOptions {
  /** Stay open when all is done. */
  live: boolean
  /** What we take from the peer, as told in our hello. */
  limits: PeerLimits
  /** Channels that the peer may open at a time. Default: any number. */
  channels?: number
  /** How many declined or ended offers of each side are remembered. Default: `rememberedOffers`. */
  remember?: number
}

/** All that is known about what two peers offered, asked and agreed. Plain data. */
export interface State {
  readonly options: NegotiationOptions
  /** The peer's hello; null before it. */
  peer: HelloMessage | null
  readonly feeds: Map<HexKey, FeedState>
  readonly shares: Map<number, ShareState>
  /** Shares whose cores are being opened. */
  readonly opening: Set<number>
  /** Offers that are not on a page yet. */
  queue: Outgoing[]
  /** The session's own keyed hash; null where nothing is compared. */
  fingerprint: Fingerprint | null
  /** What we remember of the peer's offers, until its first batch is complete. */
  memory: Section[]
  /** What the peer took of our offers in the session before, as far as we remember. */
  taken: Recollection
  /** What the peer remembers of ours; null before it said so. */
  peerMemory: readonly MemorySection[] | null
  /** What we offer waits for our first batch and the peer's memory, or for the comparison of both. */
  reconciling: 'waiting' | 'comparing' | 'over'
  /** What is being compared, by its place in the peer's memory. */
  readonly comparisons: Map<number, Comparison>
  /** Offers that the peer remembers, and that are not on a page yet. */
  readonly recalls: Recalls[]
  readonly outgoing: Map<number, Outgoing>
  readonly incoming: Map<number, Incoming>
  /** The latest of those that are declined or ended; older ones are forgotten. */
  readonly overOutgoing: Ring<Outgoing>
  readonly overIncoming: Ring<Incoming>
  /** How many offers of both sides were forgotten, by what they were. */
  readonly forgotten: { declined: number; ended: number }
  /** Pages of ours without an answer, by first id; they remember offers that are over too. */
  readonly sentPages: Map<number, readonly Outgoing[]>
  readonly receivedPages: Map<number, IncomingPage>
  nextOutgoing: number
  nextIncoming: number
  pagesSent: number
  pagesReceived: number
  shared: boolean
  /** Shares made before the peer's hello that still open their cores. */
  readonly firstBatch: Set<number>
  batchSent: boolean
  /** The first id after the peer's first batch; null before it is complete. */
  peerBatchEnd: number | null
  pendingUploads: number
  pendingDownloads: number
  /** Channels of the feeds that are agreed on, or offered to the peer. */
  channels: number
  /** What our last done said; null before. */
  said: { shared: boolean; sent: number; received: number } | null
  /** What the peer's last done said; null before. */
  heard: { shared: boolean; sent: number; received: number } | null
  finished: boolean
  readonly waiters: Map<number, SyncWaiter>
  effects: Effect[]
}

export function createState(options: NegotiationOptions): State {
  return {
    options,
    peer: null,
    feeds: new Map(),
    shares: new Map(),
    opening: new Set(),
    queue: [],
    fingerprint: null,
    memory: [],
    taken: new Map(),
    peerMemory: null,
    reconciling: 'over',
    comparisons: new Map(),
    recalls: [],
    outgoing: new Map(),
    incoming: new Map(),
    overOutgoing: { offers: [], count: 0 },
    overIncoming: { offers: [], count: 0 },
    forgotten: { declined: 0, ended: 0 },
    sentPages: new Map(),
    receivedPages: new Map(),
    nextOutgoing: 0,
    nextIncoming: 0,
    pagesSent: 0,
    pagesReceived: 0,
    shared: false,
    firstBatch: new Set(),
    batchSent: false,
    peerBatchEnd: null,
    pendingUploads: 0,
    pendingDownloads: 0,
    channels: 0,
    said: null,
    heard: null,
    finished: false,
    waiters: new Map(),
    effects: [],
  }
}

export function feedOf(state: State, key: HexKey): FeedState {
  const known = state.feeds.get(key)
  if (known) return known
  const feed: FeedState = {
    key,
    outgoing: new Few(),
    incoming: new Few(),
    agreements: 0,
    channels: 0,
    synced: false,
    syncedLength: 0,
  }
  state.feeds.set(key, feed)
  return feed
}

/**
 * What the peer has of a feed, over all its offers that we accepted: one of an older length may be accepted after one of
 * a newer. Null where none is.
 */
export function targetOf({ incoming }: FeedState): number[] | null {
  let target: number[] | null = null
  incoming.each(({ status, known }) => {
    if (status === 'accepted') target = atLeast(known, target)
  })
  return target
}

/**
 * What each offer of a feed that we make was made with, where all say the same and nothing else was told since. Null where
 * not: the peer may know of less.
 */
export function toldOf({ outgoing }: FeedState): number[] | null {
  let told: number[] | null = null
  let isOne = true
  outgoing.each((offer) => {
    if (offer.status === 'declined' || offer.status === 'ended') return
    // An array of its own each time that something is told.
    isOne &&= offer.told === offer.offered && (!told || isSame(told, offer.told))
    told = offer.told
  })
  return isOne ? told : null
}
