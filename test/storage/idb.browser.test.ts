import { expect, test } from 'vitest'
import { idb } from '../../src/storage/idb.ts'
import { storageCompliance } from '../compliance/storage.ts'
import { expectSame } from './file-model.ts'
import { pattern, promised } from './promised-file.ts'

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

/** A file of 100,000 bytes of which no page is in memory. */
async function fileOnDisk() {
  const storage = idb(`deletion ${Math.random()}`)
  const written = promised(storage('file'))
  await written.write(0, pattern(100_000))
  await written.close()
  const file = promised(storage('file'))
  expect(await file.size()).toBe(100_000)
  return { storage, file }
}

test('a read between a deletion and its commit does not see what was deleted', async () => {
  const { storage, file } = await fileOnDisk()
  const deletion = file.del(16_384, 32_768)
  const deleted = Promise.resolve().then(() => file.read(16_384, 32_768))
  const kept = file.read(0, 16_384)
  expectSame(await deleted, new Uint8Array(32_768))
  expectSame(await kept, pattern(16_384))
  await deletion
  await file.close()
  await storage.destroy()
})

test('a read before a deletion sees what was there, and leaves nothing of it to later ones', async () => {
  const { storage, file } = await fileOnDisk()
  const before = file.read(16_384, 32_768)
  await file.del(16_384, 32_768)
  expectSame(await before, pattern(49_152).subarray(16_384))
  expectSame(await file.read(16_384, 32_768), new Uint8Array(32_768))
  await file.close()
  await storage.destroy()
})
