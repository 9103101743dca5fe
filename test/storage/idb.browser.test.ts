import { idb } from '../../src/storage/idb.ts'
import { storageCompliance } from '../compliance/storage.ts'

let count = 0

storageCompliance({
  name: 'idb',
  async create() {
    const name = `compliance ${count++} ${Math.random()}`
    return {
      storage: idb(name),
      reopen: async () => idb(name),
      teardown: () => idb(name).destroy(),
    }
  },
})
