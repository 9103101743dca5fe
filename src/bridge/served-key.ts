import { join } from 'node:path'
import type { Connection } from '../connection.ts'
import type { Storage } from '../random-access-storage.ts'
import { FeedStore } from '../replicator/feed-store.ts'
import type { FeedStorage } from '../replicator/feed-store-files.ts'
import { maxFeeds } from '../replicator/max-feeds.ts'
import { Replicator } from '../replicator/replicator.ts'
import type { Mounted } from '../replicator/stack.ts'
import { topicOf } from '../session/keys.ts'
import type { Session } from '../session/session.ts'
import { file } from '../storage/file.ts'
import { isDiskFull } from './disk.ts'

/** Bytes of each key for what peers offered before: a peer's 10,000 feeds, and little where there are many keys. */
const rememberedBytes = 8 * 1024 * 1024

/** One encryption key of a bridge: the peers that hold it, and their feeds on disk. */
export interface ServedKey {
  /** 32 bytes. */
  topic: Buffer
  replicator: Replicator
  connect(connection: Connection): void
  /** true: takes nothing more, and serves what is here. */
  setFull(full: boolean): void
}

export interface ServedKeyOptions {
  storage: string | Storage
  maxFeeds: number
  /** Something could not be stored for want of room. */
  ondiskfull(): void
}

/**
 * Opens what is on disk of a key, and serves it. It takes every feed that is offered, in every namespace, up to the limit.
 * Rejects with ERR_STORAGE_LOCKED where another process has the folder, and with what the storage fails with.
 */
export async function serveKey(
  key: Buffer,
  { storage, maxFeeds: most, ondiskfull }: ServedKeyOptions,
): Promise<ServedKey> {
  const topic = topicOf(key)
  const feeds = new FeedStore(storageOf(storage, topic.toString('hex')))
  await feeds.ready()
  const replicator = new Replicator(key, { userData: { bridge: true }, limits: { rememberedBytes } })
  if (most !== Infinity)
    replicator.use('*', maxFeeds(most, { taken: (await feeds.feeds()).map((feed) => feed.key) }))
  replicator.use('*', feeds)
  let guard: Mounted | undefined
  /** Sessions that gave up a feed for want of room. */
  const failed = new Set<Session>()
  replicator.on('problem', (error, _where, session) => {
    if (!isDiskFull(error)) return
    for (const one of session ? [session] : replicator.sessions) failed.add(one)
    ondiskfull()
  })
  replicator.on('close', (_error, session) => failed.delete(session))
  return {
    topic,
    replicator,
    connect: (connection) => void replicator.connect(connection),
    setFull(full) {
      if (full === (guard !== undefined)) return
      if (full) {
        guard = replicator.prepend('*', { name: 'disk full', reject: () => true })
        void replicator.pauseDownloads()
      } else {
        // What was declined is asked for again when the guard is gone.
        guard?.unmount()
        guard = undefined
        replicator.resumeDownloads()
        // A feed that failed is over in its session: when the peer comes back, it is agreed on anew.
        for (const session of failed) session.end()
      }
    },
  }
}

function storageOf(storage: string | Storage, folder: string): FeedStorage {
  if (typeof storage === 'string') return file(join(storage, folder))
  const below =
    (all: Storage): Storage =>
    (name) =>
      all(`${folder}/${name}`)
  const { pooled } = storage as FeedStorage
  return Object.assign(below(storage), pooled ? { pooled: () => below(pooled()) } : {})
}
