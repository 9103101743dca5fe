export type { Connection, Transport, TransportTarget } from '../connection.ts'
export { type ErrorCode, type ErrorOptions, errorCodes, type RemoteReason, Replic8Error } from '../errors.ts'
export { randomKey } from '../platform/random-key.ts'
export type { RandomAccessStorage, Storage, StorageCallback } from '../random-access-storage.ts'
export type { Accept, AcceptHandler, Offer, Selection } from '../session/accept.ts'
export type { Core } from '../session/core.ts'
export type { EventHandler, SessionEvents, SessionNamespace } from '../session/events.ts'
export type { Encoding, Extension, ExtensionHandlers } from '../session/extensions.ts'
export { topicOf } from '../session/keys.ts'
export type { KeyPair, SessionLimits, SessionOptions } from '../session/options.ts'
export { replic8, replic8 as default } from '../session/replic8.ts'
export type { ReplicateOptions } from '../session/replication.ts'
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
