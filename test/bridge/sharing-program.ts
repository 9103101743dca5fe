/** Runs a bridge that shares a core of its own with every peer, by the session; says where, and what is in the core. */
import { createBridge } from '../../src/bridge/bridge.ts'
import { memory } from '../../src/storage/memory.ts'
import { feedOf } from '../replicator/feeds.ts'

const encryptionKey = '5a'.repeat(32)
const blocks = Array.from({ length: 100 }, (_, n) => `block ${n} ${'x'.repeat(1_000)}`)
const core = await feedOf(...blocks)
const options = { port: 0, key: encryptionKey, storage: memory(), minFree: 0, origins: ['*'] }
const { url, replicators } = await createBridge({ ...options })
replicators[0]?.on('session', (session) => void session.share([core]))
console.log(JSON.stringify({ url, encryptionKey, feed: core.key.toString('hex'), blocks }))
