/** Runs a bridge and closes it; nothing ends the process but that nothing is left to do. */
import { WebSocket } from 'ws'
import { createBridge } from '../../src/bridge/bridge.ts'
import type { SignalRoom } from '../../src/connection.ts'
import { randomKey } from '../../src/platform/random-key.ts'
import { FeedStore } from '../../src/replicator/feed-store.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memory } from '../../src/storage/memory.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'

const [storage] = process.argv.slice(2)
const key = randomKey()
const bridge = await createBridge({ port: 0, storage: storage as string, key, minFree: 0 })
await (await fetch(`${bridge.httpUrl}/metrics`)).text()

const replicator = new Replicator(key)
const feeds = new FeedStore(memory())
replicator.use('*', feeds)
const dial = { WebSocket: WebSocket as never }
replicator.join(websocket(bridge.url, dial))
const feed = await feeds.writer('notes')
await new Promise((resolve) => feed.append('kept', resolve))
await replicator.synced()

const topic = new Uint8Array(32)
const signal = websocketSignal(bridge.url, dial)
const other = websocketSignal(bridge.url, dial)
const rooms = await new Promise<SignalRoom[]>((resolve) => {
  const joined: SignalRoom[] = []
  const on = { gone() {}, message() {}, peer: () => resolve(joined) }
  joined.push(signal.join(topic, 'a', on), other.join(topic, 'b', on))
})
// One that has said nothing yet.
const silent = new WebSocket(bridge.url)
await new Promise((resolve) => silent.on('open', resolve))

await bridge.close()
// These would dial on until the bridge is back.
for (const room of rooms) room.leave()
await replicator.close()
console.log('closed')
