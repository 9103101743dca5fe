import { afterEach, expect, test, vi } from 'vitest'
import { idb } from '../../src/storage/idb.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { badlyAnswered, codeOf, pattern, promised } from './promised-file.ts'

const uniqueName = () => `failures ${Math.random()}`

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  expect(badlyAnswered()).toEqual([])
})

/** A database that somebody else made. */
function foreignDatabase(name: string, version: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

test.each([
  ['of a newer version', 99],
  ['of another application', 2],
  ['of another application, in the version of random-access-idb', 1],
])('a database %s is refused with ERR_STORAGE, by every call and by ready', async (_, version) => {
  const name = uniqueName()
  const foreign = await foreignDatabase(name, version)
  foreign.close()
  const file = promised(idb(name)('file'))
  const calls = [file.open(), file.read(0, 1), file.write(0, pattern(10)), file.del(0, 1), file.size()]
  expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => 'ERR_STORAGE'))
  expect(await codeOf(file.write(0, pattern(10)))).toBe('ERR_STORAGE')
  await file.close()
  expect(await codeOf(openCore(idb(name), 'core'))).toBe('ERR_STORAGE')
  expect(await codeOf(idb(name).list())).toBe('ERR_STORAGE')

  await idb(name).destroy()
  const core = await openCore(idb(name), 'core')
  await closeCore(core)
  await idb(name).destroy()
})

test('a transaction that is aborted fails its writes, and the file is as it was', async () => {
  const storage = idb(uniqueName())
  const file = promised(storage('file'))
  await file.write(0, pattern(40_000))
  spyOnTransactions(abortByConstraint)
  const failing = [file.write(10, pattern(20_000, 2)), file.del(100, Infinity)]
  expect(await Promise.all(failing.map(codeOf))).toEqual(['ERR_STORAGE', 'ERR_STORAGE'])
  vi.restoreAllMocks()
  expect(await file.size()).toBe(40_000)
  expectSame(await file.read(0, 40_000), pattern(40_000))

  await file.write(0, pattern(10, 3))
  await file.close()
  const again = promised(storage('file'))
  expectSame(await again.read(0, 20), Uint8Array.of(...pattern(10, 3), ...pattern(20).subarray(10)))
  await again.close()
  await storage.destroy()
})

test('a full disk is ERR_STORAGE_FULL; what was stored before is kept, and what fits is still taken', async () => {
  const buckets = (navigator as unknown as { storageBuckets: StorageBuckets }).storageBuckets
  const small = await buckets.open('small', { quota: 2_000_000 })
  vi.stubGlobal('indexedDB', small.indexedDB)
  const storage = idb(uniqueName())
  const core = await openCore(storage, 'core')
  await appendAll(core, [pattern(1000)])
  const file = promised(storage('file'))
  expect(await codeOf(file.write(0, new Uint8Array(30_000_000)))).toBe('ERR_STORAGE_FULL')
  expect(await file.size()).toBe(0)
  expect(await codeOf(appendAll(core, [new Uint8Array(5_000_000)]))).toBe('ERR_STORAGE_FULL')

  await file.write(0, pattern(10_000))
  expectSame(await file.read(0, 10_000), pattern(10_000))
  await closeCore(core)
  await file.close()
  const again = await openCore(storage, 'core')
  expect(again.length).toBe(1)
  await appendAll(again, [pattern(1000, 2)])
  expectSame(await getBlock(again, 0), pattern(1000))
  await closeCore(again)
  await storage.destroy()
  await buckets.delete('small')
})

test('writes to many files that are made together are one transaction', async () => {
  const storage = idb(uniqueName())
  const files = Array.from({ length: 10 }, (_, i) => promised(storage(`file ${i}`)))
  await Promise.all(files.map((file) => file.size()))
  const transactions = spyOnTransactions()
  const writes = files.flatMap((file) => [file.write(0, pattern(30_000)), file.write(30_000, pattern(10))])
  await Promise.all(writes)
  expect(transactions).toHaveLength(1)
  await Promise.all(files.map((file) => file.close()))
  await storage.destroy()
})

/** The Storage Buckets API, by which a part of the origin's storage gets a limit of its own. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>
  delete(name: string): Promise<void>
}

/** A real failure in the middle of a transaction: a key that exists already. */
function abortByConstraint(transaction: IDBTransaction): void {
  for (let i = 0; i < 2; i++) transaction.objectStore('files').add(0, 'twice')
}

/** Collects the real transactions that write, and hands each to `onstart` first. */
function spyOnTransactions(onstart?: (transaction: IDBTransaction) => void): IDBTransaction[] {
  const found: IDBTransaction[] = []
  const real = IDBDatabase.prototype.transaction
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const transaction = real.apply(this, args)
    if (transaction.mode !== 'readwrite') return transaction
    found.push(transaction)
    onstart?.(transaction)
    return transaction
  })
  return found
}
