import type { Storage } from '../random-access-storage.ts'
import { baseOf, CoreFiles, directoryOf, isLockFile } from './core-files.ts'
import { type ByteFile, StorageFile } from './storage-file.ts'

/** A storage that can also be looked into and emptied. A path is a file or a folder of them; '' is all. */
export interface ManagedStorage extends Storage {
  /** The names of the files at or below `path`, sorted; none is no error. */
  list(path?: string): Promise<string[]>
  /**
   * Removes the files at or below `path` and frees their space; none is no error. Rejects with `ERR_STORAGE_LOCKED`
   * when a core among them is open, here or elsewhere.
   */
  remove(path: string): Promise<void>
  /**
   * Removes everything. In IndexedDB also what is open, which fails from then on; in memory and in files it rejects
   * with `ERR_STORAGE_LOCKED` while a core is open.
   */
  destroy(): Promise<void>
  /**
   * The same files, where an open one costs something: of the cores opened through this only some have their files open at
   * a time. Meant for those that somebody's lock keeps others away from.
   */
  pooled?(): Storage
}

/** The function that hypercore takes, from one that makes the file of a name, given the core that it is of. */
export function coreStorage(make: (filename: string, core: CoreFiles) => ByteFile): Storage {
  const cores = new Map<string, CoreFiles>()
  return (filename) => {
    const directory = directoryOf(filename)
    let core = cores.get(directory)
    if (!core?.claim(baseOf(filename))) {
      const begun = new CoreFiles(() => {
        if (cores.get(directory) === begun) cores.delete(directory)
      })
      begun.claim(baseOf(filename))
      cores.set(directory, begun)
      core = begun
    }
    return new StorageFile(make(filename, core), core, isLockFile(filename))
  }
}
