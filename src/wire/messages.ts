/**
 * The control messages of a session: what two peers tell each other to agree on what to replicate.
 * docs/PROTOCOL.md describes each; message-table.ts says who sends it and when, and a test holds the page and that table together.
 */

/** Any JSON value. Objects that come from a peer have no prototype. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Metadata of one offered feed: a plain JSON object. */
export type Header = { [key: string]: Json }

/** What the sender of a hello is ready to take; the receiver keeps to it. Units as in the session's limits. */
export interface PeerLimits {
  feedsPerPage: number
  pageBytes: number
  headerBytes: number
  headerDepth: number
  offersOutstanding: number
  controlPerSecond: number
}

/** Why feeds of a page were not taken. The order is the wire's numbering. */
export const answerReasons = [
  'declined',
  'no-handler',
  'accept-timeout',
  'handler-failed',
  'over-limit',
] as const
export type AnswerReason = (typeof answerReasons)[number]

/** Why an offer ends: the offering side withdraws it, or the accepting side releases it. The order is the wire's numbering. */
export const endReasons = ['withdrawn', 'core-failed', 'core-closed', 'over-limit'] as const
export type EndReason = (typeof endReasons)[number]

/** An offer that is over, by its id. */
export interface EndedOffer {
  id: number
  reason: EndReason
}

/** Numbers that follow each other. */
export interface Run {
  from: number
  count: number
}

/** Lengths in blocks of an offer's cores: one for a hypercore, [metadata, content] for a hyperdrive. */
export interface OfferLengths {
  id: number
  lengths: number[]
}

export interface HelloMessage {
  type: 'hello'
  version: number
  /** This side stays open when all is done. */
  live: boolean
  /** This side remembers offers that the receiver made before: `memory` is its next message. */
  remembers: boolean
  limits: PeerLimits
  userData: Json
}

/** One page of offers. The feeds have the ids `first`, `first + 1`, …; ids count up from 0 and are never used again. */
export interface OfferMessage {
  type: 'offer'
  first: number
  namespace: string | null
  /** 32 bytes each, at least one. */
  keys: Uint8Array[]
  /** The lengths of each feed's cores at this moment, one row a key. */
  lengths: number[][]
  /** One a key; a missing one is {}. */
  headers: Header[]
}

/** Every share that was made before the session opened has been offered, or has failed. */
export interface BatchMessage {
  type: 'batch'
}

export interface AnswerMessage {
  type: 'answer'
  /** The page, by its first id. */
  first: number
  /** One a feed of the page. */
  accepted: boolean[]
  /** Why the others were not taken. */
  reason: AnswerReason
}

/** The offering side takes offers back. */
export interface WithdrawMessage {
  type: 'withdraw'
  offers: EndedOffer[]
}

/** The accepting side takes its acceptance back. */
export interface ReleaseMessage {
  type: 'release'
  offers: EndedOffer[]
}

/** A new header for an offer that stands. */
export interface UpdateMessage {
  type: 'update'
  id: number
  header: Header
}

/** The offering side's cores have grown, or some of their blocks were cleared. */
export interface LengthMessage {
  type: 'length'
  offers: OfferLengths[]
}

/** The accepting side has all it wants of its cores, up to these lengths. */
export interface CaughtUpMessage {
  type: 'caught-up'
  offers: OfferLengths[]
  /** Offers of which it has the lengths that they were made with, as runs of ids; ascending, apart from each other. */
  asOffered: Run[]
}

/**
 * This side is done: its shares are answered, the offers it received too, and its downloads are complete.
 * Stands until the counts change: pages of offers sent and received so far.
 */
export interface DoneMessage {
  type: 'done'
  /** This side has called share, be it with nothing to share. */
  shared: boolean
  sent: number
  received: number
}

/** The last message of a side. An empty code is a clean end. */
export interface ByeMessage {
  type: 'bye'
  code: string
  message: string
}

/** A message of the application. */
export interface ExtensionMessage {
  type: 'extension'
  name: string
  payload: Uint8Array
}

/** Answered at once by a pong with the same token. */
export interface PingMessage {
  type: 'ping'
  token: number
}

export interface PongMessage {
  type: 'pong'
  token: number
}

/** What the accepting side remembers of one namespace: how many offers, and the fingerprints of their ranges. */
export interface MemorySection {
  namespace: string | null
  count: number
  /** Tells which offers they are and in which order, 16 bytes. */
  print: Uint8Array
}

/** What is remembered of the receiver's offers, from sessions before: it need not make them in full again. */
export interface MemoryMessage {
  type: 'memory'
  sections: MemorySection[]
}

/** Ranges of a memory's section: at first all, then those in which the two sides differ. */
export interface CompareMessage {
  type: 'compare'
  /** The place of the section in the memory. */
  section: number
  bits: number
  /** The first `bits` bits of what is in each range, as a number; ascending. */
  prefixes: number[]
}

/** What is in the ranges that a compare asked for. */
export interface RangesMessage {
  type: 'ranges'
  section: number
  /** One a range: the fingerprints of its eight parts where it is divided, else what names each of its items. */
  parts: { divided: boolean; prints: Uint8Array }[]
}

/** One page of offers, all of them remembered by the accepting side. Ids as in an offer. */
export interface RecallMessage {
  type: 'recall'
  first: number
  section: number
  /**
   * Which of the section's offers, by their places: in the order of their digests where the section was compared, else in
   * that in which they were made; ascending, apart from each other.
   */
  runs: Run[]
  /** The fingerprint of all of them, or the proof of the section that was not compared; 16 bytes. */
  check: Uint8Array
}

export type ControlMessage =
  | HelloMessage
  | OfferMessage
  | BatchMessage
  | AnswerMessage
  | WithdrawMessage
  | ReleaseMessage
  | UpdateMessage
  | LengthMessage
  | CaughtUpMessage
  | DoneMessage
  | ByeMessage
  | ExtensionMessage
  | PingMessage
  | PongMessage
  | MemoryMessage
  | CompareMessage
  | RangesMessage
  | RecallMessage

export type MessageType = ControlMessage['type']

/** The protocol's version, told in hello. */
export const protocolVersion = 1
