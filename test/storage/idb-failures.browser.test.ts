import { afterEach, expect, test, vi } from 'vitest'
import { cdp } from 'vitest/browser'
import { idb } from '../../src/storage/idb.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { badlyAnswered, codeOf, pattern, promised } from './promised-file.ts'

const uniqueName = () => `failures ${Math.random()}`

afterEach(() => {
  vi.restoreAllMocks()
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
  const transactions = spyOnTransactions()
  const failing = [file.write(10, pattern(20_000, 2)), file.del(100, Infinity)]
  await Promise.resolve()
  transactions.at(-1)?.abort()
  expect(await Promise.all(failing.map(codeOf))).toEqual(['ERR_STORAGE', 'ERR_STORAGE'])
  expect(await file.size()).toBe(40_000)
  expectSame(await file.read(0, 40_000), pattern(40_000))

  await file.write(0, pattern(10, 3))
  await file.close()
  const again = promised(storage('file'))
  expectSame(await again.read(0, 20), Uint8Array.of(...pattern(10, 3), ...pattern(20).subarray(10)))
  await again.close()
  await storage.destroy()
})

test('a full disk is ERR_STORAGE_FULL; what was stored before is kept, and writing goes on when there is room', async () => {
  const { origin } = location
  const storage = idb(uniqueName())
  const core = await openCore(storage, 'core')
  await appendAll(core, [pattern(1000)])
  const session = cdp() as unknown as { send(method: string, params: object): Promise<unknown> }
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 100_000 })
  const file = promised(storage('file'))
  try {
    expect(await codeOf(file.write(0, new Uint8Array(30_000_000)))).toBe('ERR_STORAGE_FULL')
    expect(await file.size()).toBe(0)
  } finally {
    await session.send('Storage.overrideQuotaForOrigin', { origin })
  }
  await file.write(0, pattern(100_000))
  expectSame(await file.read(0, 100_000), pattern(100_000))
  await appendAll(core, [pattern(1000, 2)])
  expectSame(await getBlock(core, 0), pattern(1000))
  await closeCore(core)
  await file.close()
  await storage.destroy()
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

/** Collects the real transactions that write. */
function spyOnTransactions(): IDBTransaction[] {
  const found: IDBTransaction[] = []
  const real = IDBDatabase.prototype.transaction
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    const transaction = real.apply(this, args)
    if (transaction.mode === 'readwrite') found.push(transaction)
    return transaction
  })
  return found
}
