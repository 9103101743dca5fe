import type { Core } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { Header, Json } from '../wire/messages.ts'

/** A peer, as a store sees it. */
export interface Peer {
  /** Its static Noise key, 32 bytes. */
  readonly publicKey: Buffer
  /** JSON that it shows. */
  readonly userData: Json
  readonly session: Session
}

export interface ShareQuestion {
  readonly namespace: string | null
  readonly peer: Peer
}

/** One feed that is about to be offered to a peer, or that a peer offers. */
export interface FeedQuestion extends ShareQuestion {
  readonly key: Buffer
  readonly header: Readonly<Header>
}

export interface DescribeQuestion extends FeedQuestion {
  /** The core, opened if need be. */
  core(): Promise<Core>
}

type Maybe<T> = T | Promise<T>

/** A core, or the key of one that `resolve` gives. */
export type Shared = Core | Uint8Array

/** What a store reaches of the replicator that it is mounted on. */
export interface StoreHost {
  /** Has more to share. `namespace`: the one that the store is mounted in. */
  announce(namespace: string | null, cores: Shared | readonly Shared[]): void
}

/**
 * Where cores come from and go to, and what decides about them: a collection of feeds, or a middleware that only
 * filters or decorates. Any object with at least one of these methods; all may be async. What a method throws, or an
 * answer that does not come within `storeTimeout`, is told as a `problem` with the store's name, and costs that feed.
 */
export interface CoreStore {
  /** For problems. Default: the name of its class. */
  readonly name?: string
  /** The cores or keys to offer to a peer. Asked last mounted first. */
  share?(question: ShareQuestion): Maybe<Iterable<Shared> | AsyncIterable<Shared> | null | undefined>
  /** Header fields to add; what is asked later can see and replace what came before. Last mounted first. */
  describe?(question: DescribeQuestion): Maybe<Header | null | undefined>
  /** true: keep this feed back from this peer. Last mounted first. */
  hold?(question: FeedQuestion): Maybe<boolean | undefined>
  /** true: do not take it. First mounted first. */
  reject?(question: FeedQuestion): Maybe<boolean | undefined>
  /** Creates or opens the core and owns it; null to pass. First mounted first. */
  store?(question: FeedQuestion): Maybe<Core | null | undefined>
  /** An owned core by its key, never creating one. Last mounted first. */
  resolve?(key: Buffer): Maybe<Core | null | undefined>
  /** The store is in use now. */
  mounted?(replicator: StoreHost, namespace: string | null): Maybe<void>
  /** The replicator closes: flush, and let go of everything. */
  close?(): Maybe<void>
  /** The static Noise key pair that the store keeps for its replicator. */
  keyPair?(): Maybe<{ publicKey: Uint8Array; secretKey: Uint8Array }>
}

/** The methods of a store that are asked about feeds. */
export const storeMethods = [
  'share',
  'describe',
  'hold',
  'reject',
  'store',
  'resolve',
  'mounted',
  'close',
] as const
