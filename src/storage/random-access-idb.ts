import randomAccessIdb from 'random-access-idb'
import type { Storage } from '../random-access-storage.ts'

/**
 * random-access-idb 1.2.2 as it is: its `del` fails, some failures never answer, nothing is locked, nothing closes.
 * The database is opened with the first file.
 */
export function randomAccessIdbStorage(name: string): Storage {
  let storage: Storage | undefined
  return (filename) => {
    storage ??= randomAccessIdb(name) as Storage
    return storage(filename)
  }
}
