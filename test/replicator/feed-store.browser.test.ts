import { idb } from '../../src/storage/idb.ts'
import { storeCompliance } from '../compliance/store.ts'
import { feedStoreKind } from './feed-store-kind.ts'

let count = 0

storeCompliance(
  feedStoreKind('idb', async () => {
    const name = `feed store ${count++} ${Math.random()}`
    return { storage: () => idb(name), teardown: () => idb(name).destroy() }
  }),
)
