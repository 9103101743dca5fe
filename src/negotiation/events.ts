import type { ErrorCode } from '../errors.ts'
import type { AnswerReason, ControlMessage, EndReason, Header } from '../wire/messages.ts'
import type { Fingerprint } from './range-index.ts'
import type { Recollection } from './recollection.ts'

/** A feed's key as lower-case hex digits: comparable, and safe as the key of a Map. */
export type HexKey = string

/** null: offers that have no namespace. */
export type Namespace = string | null

/** 'in': we download, 'out': we upload. */
export type Direction = 'in' | 'out'

/** Which agreements a question is about; what is left out matches everything. */
export interface SyncFilter {
  namespace?: Namespace
  keys?: HexKey[]
  direction?: Direction
}

/** A core that is ready to be offered. */
export interface ReadyFeed {
  key: HexKey
  header: Header
  /** Lengths of its cores in blocks, in the order that both ends give them. */
  lengths: number[]
}

export interface FeedLengths {
  key: HexKey
  lengths: number[]
}

/** What happens to a negotiation. Everything it knows comes to it as one of these. */
export type NegotiationEvent =
  /** A control message of the peer, already authenticated. The first is its hello. */
  | { type: 'message'; message: ControlMessage }
  /**
   * What is remembered of the peer's offers, where that is worth saying; the hello of this side has said whether it is.
   * `taken`: what the peer took of ours, in the order in which it was offered; it may remember the same.
   * Comes first, if at all: without the session's keyed hash, nothing is compared.
   */
  | { type: 'recollect'; recollection: Recollection | null; taken: Recollection; fingerprint: Fingerprint }
  /** Our first batch, or the peer's memory, does not come: what waits to be compared is offered as it is. */
  | { type: 'hurry' }
  /** The application shares cores; they are being opened. `keys`: those known already. */
  | { type: 'share'; share: number; namespace: Namespace; keys: HexKey[] }
  /** The first batch stays open until a 'ready' of this number, which no share has. */
  | { type: 'hold'; share: number }
  /** Some cores of a share are open; 'ready' comes with the last ones. */
  | { type: 'partly-ready'; share: number; feeds: ReadyFeed[] }
  /** The cores of a share are open, those that no 'partly-ready' named; those that failed are left out. */
  | { type: 'ready'; share: number; feeds: ReadyFeed[] }
  | { type: 'unshare'; namespace: Namespace; keys: HexKey[] }
  | { type: 'update'; namespace: Namespace; key: HexKey; header: Header }
  /** The accept handler of a page has spoken: the keys it takes, by index of what was handed out. */
  | { type: 'answer'; first: number; accepted: boolean[]; reason: AnswerReason }
  /** Cores we offer have other lengths: they have grown, or were cleared. */
  | { type: 'grew'; feeds: FeedLengths[] }
  /** Our downloads are complete up to these lengths. */
  | { type: 'downloaded'; feeds: FeedLengths[] }
  /** A core of ours failed or was closed: no offer of it can stand. */
  | { type: 'failed'; key: HexKey; reason: EndReason }
  /** Somebody waits for everything agreed on to be caught up. */
  | { type: 'await-sync'; waiter: number; filter: SyncFilter }
  | { type: 'forget-sync'; waiter: number }

/** One agreement that a sync was waited for. */
export interface SyncedFeed {
  key: HexKey
  namespace: Namespace
  direction: Direction
  lengths: number[]
}

/** What a negotiation wants done. It does nothing itself. */
export type Effect =
  | { type: 'send'; message: ControlMessage }
  /** Hand what is not over of a page to the accept handler; answer with an 'answer' event. */
  | { type: 'advertise'; first: number; namespace: Namespace; keys: HexKey[]; headers: Header[] }
  /** Both sides agreed on an offer. `lengths`: what the offering side has. */
  | { type: 'agreed'; key: HexKey; namespace: Namespace; direction: Direction; lengths: number[] }
  /** The feed's first agreement stands: open its channel. */
  | { type: 'open-feed'; key: HexKey }
  /** The feed's last agreement is over: close its channel. */
  | { type: 'close-feed'; key: HexKey }
  /** The peer's cores of a feed we take have these lengths: the longest of all its accepted offers. */
  | { type: 'target'; key: HexKey; lengths: number[] }
  /** Every offer of a share was answered: the keys that were taken. */
  | { type: 'answered'; share: number; keys: HexKey[] }
  /** Every offer of a share was taken back before it was answered. */
  | { type: 'share-withdrawn'; share: number }
  | { type: 'withdrawn'; key: HexKey; namespace: Namespace }
  | { type: 'updated'; key: HexKey; namespace: Namespace; header: Header }
  /** The feed became caught up: every agreement on it. */
  | { type: 'sync'; key: HexKey }
  | { type: 'synced'; waiter: number; feeds: SyncedFeed[] }
  | { type: 'sync-failed'; waiter: number; code: ErrorCode; key?: HexKey }
  /** Something was contained. */
  | { type: 'problem'; code: ErrorCode; detail: string; key?: HexKey; namespace?: Namespace }
  /** The peer broke the rules: end the session. */
  | { type: 'violation'; code: ErrorCode; detail: string }
  /** Both sides are done: say goodbye. */
  | { type: 'finished' }
