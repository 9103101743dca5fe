import randomAccessIdb from 'random-access-idb'
import { expect, test } from 'vitest'
import type { Replic8Error } from '../../src/errors.ts'
import type { Storage } from '../../src/random-access-storage.ts'
import { idb } from '../../src/storage/idb.ts'
import { appendAll, closeCore, getBlock, openCore } from './cores.ts'
import { expectSame } from './file-model.ts'
import { codeOf, pattern, promised } from './promised-file.ts'

const uniqueName = () => `stock ${Math.random()}`

/** Lets random-access-idb write a database over a connection that can be closed; its own never is. */
async function writtenByStock(name: string, write: (storage: Storage) => Promise<void>): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.result.createObjectStore('data')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  await write(randomAccessIdb(name, { idb: database }))
  database.close()
}

test('random-access-idb can be chosen as it is', async () => {
  const core = await openCore(idb(uniqueName(), { driver: 'random-access-idb' }), 'core')
  await appendAll(core, [pattern(10_000)])
  expectSame(await getBlock(core, 0), pattern(10_000))
  await closeCore(core)
})

test('a driver that does not exist is ERR_BAD_OPTION', () => {
  const choose = () => idb('x', { driver: 'floppy' as 'pages' })
  expect(choose).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' } satisfies Partial<Replic8Error>))
})

test('a core that random-access-idb stored opens with the default driver, and can be written on', async () => {
  const name = uniqueName()
  const blocks = Array.from({ length: 30 }, (_, i) => pattern((i * 1237) % 20_000, i))
  let key: Uint8Array | undefined
  await writtenByStock(name, async (storage) => {
    const core = await openCore(storage, 'some/core')
    key = core.key
    for (const block of blocks) await appendAll(core, [block])
    await closeCore(core)
  })

  const core = await openCore(idb(name), 'some/core')
  expectSame(core.key, key as Uint8Array)
  expect(core.writable).toBe(true)
  expect(core.length).toBe(30)
  for (const [i, block] of blocks.entries()) expectSame(await getBlock(core, i), block)
  await appendAll(core, [pattern(5)])
  await closeCore(core)
  await idb(name).destroy()
})

test('the length that random-access-idb lost is found again', async () => {
  const name = uniqueName()
  await writtenByStock(name, async (storage) => {
    const file = promised(storage('file'))
    await file.write(0, Buffer.from(pattern(10)))
    await Promise.all([
      file.write(65_536, Buffer.from(pattern(65_536, 2))),
      file.write(0, Buffer.from(pattern(65_536, 3))),
    ])
  })
  const file = promised(idb(name)('file'))
  expect(await file.size()).toBe(131_072)
  expectSame(await file.read(65_536, 65_536), pattern(65_536, 2))
  await file.close()
  await idb(name).destroy()
})

test('a database that random-access-idb has open somewhere is ERR_STORAGE_LOCKED', async () => {
  const name = uniqueName()
  const stock = promised(idb(name, { driver: 'random-access-idb' })('file'))
  await stock.write(0, Buffer.from(pattern(10)))
  const file = promised(idb(name)('file'))
  expect(await codeOf(file.read(0, 10))).toBe('ERR_STORAGE_LOCKED')
  await file.close()
})
