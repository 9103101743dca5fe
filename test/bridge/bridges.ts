import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Bridge, createBridge } from '../../src/bridge/bridge.ts'
import type { BridgeOptions } from '../../src/bridge/options.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memory } from '../../src/storage/memory.ts'
import { type WebSocketOptions, websocket } from '../../src/transports/websocket.ts'
import { encryptionKey } from '../helpers/sessions.ts'

/** A folder that is gone when the test is over. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'replic8-bridge-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** A bridge at a free port, which is closed when the test is over. */
export async function bridge(options: BridgeOptions = {}): Promise<Bridge> {
  const storage = options.storage ?? (await folder())
  const started = await createBridge({ port: 0, key: encryptionKey, minFree: 0, ...options, storage })
  onTestFinished(() => started.close())
  return started
}

/** A peer with a store of its own, joined to bridges; closed when the test is over. */
export function peerOf(
  urls: string | readonly string[],
  { key = encryptionKey, ...options }: WebSocketOptions & { key?: Uint8Array | string } = {},
) {
  const replicator = new Replicator(key)
  const feeds = new FeedStore(memory())
  replicator.use('*', feeds)
  const joined = replicator.join(
    websocket(urls, { WebSocket: WebSocket as never, minDelay: 5, maxDelay: 50, ...options }),
  )
  onTestFinished(() => replicator.close())
  return { replicator, feeds, joined }
}

export type TestPeer = ReturnType<typeof peerOf>

/** Writes blocks to the feed of a name. */
export async function write({ feeds }: TestPeer, name: string, ...blocks: string[]) {
  const feed = await feeds.writer(name)
  await new Promise<void>((resolve, reject) =>
    feed.append(blocks, (error) => (error ? reject(error) : resolve())),
  )
  return feed
}

/** What a peer has of a feed; undefined for blocks that are not there. */
export async function read({ feeds }: TestPeer, key: Uint8Array): Promise<(string | undefined)[]> {
  const feed = await feeds.get(key)
  if (!feed) return []
  const blocks = Array.from({ length: feed.length }, async (_, n) => {
    if (!(feed as unknown as { has(n: number): boolean }).has(n)) return undefined
    return new Promise<string>((resolve, reject) =>
      feed.get(n, (error, block) => (error ? reject(error) : resolve(String(block)))),
    )
  })
  return Promise.all(blocks)
}
