export type { Connection, Transport, TransportTarget } from '../connection.ts'
export { type ErrorCode, type ErrorOptions, errorCodes, type RemoteReason, Replic8Error } from '../errors.ts'
export { randomKey } from '../platform/random-key.ts'
export type { RandomAccessStorage, Storage, StorageCallback } from '../random-access-storage.ts'
export { allow } from '../replicator/allow.ts'
export type {
  CoreStore,
  DescribeQuestion,
  FeedQuestion,
  Peer,
  Shared,
  ShareQuestion,
  StoreHost,
} from '../replicator/core-store.ts'
export type { ReplicatorEvents, ReplicatorHandler } from '../replicator/events.ts'
export { FeedStore } from '../replicator/feed-store.ts'
export type { FeedInfo, FeedStoreOptions, StoredFeed, WriterOptions } from '../replicator/feed-store-types.ts'
export { type Corestore, type CorestoreOptions, fromCorestore } from '../replicator/from-corestore.ts'
export { type Drive, type DriveStore, type DrivesOptions, fromDrives } from '../replicator/from-drives.ts'
export { fromMultifeed, type Multifeed, type MultifeedOptions } from '../replicator/from-multifeed.ts'
export type { Joined } from '../replicator/joining.ts'
export { type MaxFeedsOptions, maxFeeds } from '../replicator/max-feeds.ts'
export type { ReplicatorExtension } from '../replicator/messages.ts'
export { onlyNewer } from '../replicator/only-newer.ts'
export { Replicator, type ReplicatorOptions } from '../replicator/replicator.ts'
export type { Mounted } from '../replicator/stack.ts'
export type { ReplicatorStats } from '../replicator/stats.ts'
export type { Accept, AcceptHandler, Offer, Selection } from '../session/accept.ts'
export type { Core } from '../session/core.ts'
export type { ReplicateOptions } from '../session/download.ts'
export type { EventHandler, SessionEvents, SessionNamespace } from '../session/events.ts'
export type { Encoding, Extension, ExtensionHandlers } from '../session/extensions.ts'
export { topicOf } from '../session/keys.ts'
export { OfferMemory } from '../session/offer-memory.ts'
export type { KeyPair, SessionLimits, SessionOptions } from '../session/options.ts'
export { replic8, replic8 as default } from '../session/replic8.ts'
export { type Explanation, Session } from '../session/session.ts'
export type { Share } from '../session/share.ts'
export type { SessionStats } from '../session/stats.ts'
export type { SyncOptions, SyncReport } from '../session/syncs.ts'
export { memory } from '../storage/memory.ts'
export type { Header, Json } from '../wire/messages.ts'
export {
  type Codec,
  type GetOptions,
  type Hypercore,
  type HypercoreConstructor,
  type HypercoreOptions,
  hypercore,
  type Range,
} from './hypercore.ts'
