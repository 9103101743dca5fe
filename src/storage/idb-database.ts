import { Replic8Error } from '../errors.ts'
import { copyFromRandomAccessIdb, randomAccessIdbVersion, stockStore } from './idb-migration.ts'
import { filesStore, pagesStore } from './page-layout.ts'
import { storageError } from './storage-error.ts'

const version = randomAccessIdbVersion + 1

// Connections of replic8 close when they are asked to, as soon as the transaction that runs is over.
const blockedTimeout = 5_000

/**
 * Opens the database `name`, making its stores where they are missing. What random-access-idb wrote is taken over.
 * Rejects with `ERR_STORAGE_LOCKED` when something that does not close keeps it from being changed, and with
 * `ERR_STORAGE` when it can not be opened or is not ours.
 */
export async function openDatabase(name: string): Promise<IDBDatabase> {
  try {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory().open(name, version)
      request.onupgradeneeded = ({ oldVersion }) => upgrade(request, oldVersion, reject)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
      request.onblocked = () => {
        reject(openElsewhere(name))
        request.onsuccess = () => request.result.close()
      }
    })
    if (database.objectStoreNames.contains(pagesStore) && database.objectStoreNames.contains(filesStore)) {
      return database
    }
    database.close()
    throw notOurs(name)
  } catch (error) {
    throw storageError(error)
  }
}

/** Removes the database `name`; one that does not exist is no error. Connections of replic8 close for it. */
export async function deleteDatabase(name: string): Promise<void> {
  let blocked: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const request = factory().deleteDatabase(name)
      request.onsuccess = () => resolve()
      request.onerror = () => reject(request.error)
      request.onblocked = () => {
        blocked = setTimeout(() => reject(openElsewhere(name)), blockedTimeout)
      }
    })
  } catch (error) {
    throw storageError(error)
  } finally {
    clearTimeout(blocked)
  }
}

/** Read when it is used, so that importing this file is safe anywhere. */
function factory(): IDBFactory {
  if (globalThis.indexedDB) return globalThis.indexedDB
  throw new Replic8Error('ERR_STORAGE', 'There is no IndexedDB here; in Node use file(directory).')
}

function upgrade(request: IDBOpenDBRequest, oldVersion: number, fail: (error: unknown) => void): void {
  const database = request.result
  const transaction = request.transaction as IDBTransaction
  // Comes before the request's own error, which does not tell why.
  transaction.onabort = () => fail(transaction.error ?? new DOMException('Aborted', 'AbortError'))
  const stop = (error: unknown) => {
    fail(error)
    // Where it was the transaction that failed it is over already.
    if (!transaction.error) transaction.abort()
  }
  const isStock = database.objectStoreNames.contains(stockStore)
  if (oldVersion > 0 && !isStock) {
    stop(notOurs(database.name))
    return
  }

  database.createObjectStore(pagesStore)
  database.createObjectStore(filesStore)
  if (!isStock) return
  copyFromRandomAccessIdb(transaction).then(() => database.deleteObjectStore(stockStore), stop)
}

function notOurs(name: string): Replic8Error {
  return new Replic8Error('ERR_STORAGE', `The database "${name}" is not one of replic8; use another name.`)
}

function openElsewhere(name: string): Replic8Error {
  return new Replic8Error('ERR_STORAGE_LOCKED', `Another tab keeps the database "${name}" open.`)
}
