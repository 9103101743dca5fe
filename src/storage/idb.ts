import { Replic8Error } from '../errors.ts'
import type { Storage } from '../random-access-storage.ts'
import { directoryOf, isLockFile } from './core-files.ts'
import { coreStorage, type ManagedStorage } from './core-storage.ts'
import type { PageFile } from './page-file.ts'
import { type Durability, enterStore, type PageStore, removeStore } from './page-store.ts'
import { randomAccessIdbStorage } from './random-access-idb.ts'
import { storageError } from './storage-error.ts'
import type { ByteFile } from './storage-file.ts'
import type { Release } from './web-lock.ts'

export interface IdbOptions {
  /** `pages`, the default: our own. `random-access-idb`: version 1.2.2 of that package, as it is. */
  driver?: 'pages' | 'random-access-idb'
  /**
   * When a write counts as done. `relaxed`, the default: it survives the end of the page and of the browser. `strict`:
   * a power cut as well, where the disk is honest; slower. The first `idb` of a database that is open decides.
   */
  durability?: Durability
}

/**
 * Storage in the IndexedDB database `name`; browsers only. Connections are opened with the first file and closed with
 * the last. Several `idb(name)` of one page share the database; a core is open in one place at a time, over all tabs
 * of the origin: the second gets `ERR_STORAGE_LOCKED` from hypercore's `ready`.
 *
 * A write is answered when it is committed. Errors: `ERR_NOT_FOUND` (a read beyond the end, or the database was
 * removed), `ERR_STORAGE_LOCKED`, `ERR_STORAGE_FULL` (quota), `ERR_CLOSED`, `ERR_STORAGE`.
 *
 * A database of random-access-idb is taken over when it is first opened; that package can not open it afterwards.
 */
export function idb(name: string, options?: IdbOptions & { driver?: 'pages' }): ManagedStorage
export function idb(name: string, options: IdbOptions): Storage
export function idb(name: string, { driver = 'pages', durability = 'relaxed' }: IdbOptions = {}): Storage {
  if (driver === 'random-access-idb') return randomAccessIdbStorage(name)
  if (driver !== 'pages') throw new Replic8Error('ERR_BAD_OPTION', `There is no driver "${driver}".`)
  if (durability !== 'relaxed' && durability !== 'strict') {
    throw new Replic8Error('ERR_BAD_OPTION', `There is no durability "${durability}".`)
  }
  const within = <T>(op: (store: PageStore) => Promise<T>) => withStore(name, durability, op)
  const storage = coreStorage((filename) => new IdbFile(name, durability, filename))
  return Object.assign(storage, {
    list: (path = '') => within((store) => store.list(path)),
    remove: (path: string) => within((store) => store.remove(path)),
    destroy: () => removeStore(name),
  })
}

async function withStore<T>(
  name: string,
  durability: Durability,
  op: (store: PageStore) => Promise<T>,
): Promise<T> {
  const store = await enterStore(name, durability)
  try {
    return await op(store)
  } catch (error) {
    throw storageError(error)
  } finally {
    store.leave()
  }
}

class IdbFile implements ByteFile {
  readonly #name: string
  readonly #durability: Durability
  readonly #filename: string
  #opened: { store: PageStore; file: PageFile; unlock: Release | undefined } | undefined

  constructor(name: string, durability: Durability, filename: string) {
    this.#name = name
    this.#durability = durability
    this.#filename = filename
  }

  async open(): Promise<void> {
    const store = await enterStore(this.#name, this.#durability)
    try {
      const file = store.openFile(this.#filename)
      this.#opened = { store, file, unlock: undefined }
      if (isLockFile(this.#filename)) this.#opened.unlock = await store.lock(directoryOf(this.#filename))
    } catch (error) {
      if (this.#opened) await this.close()
      else store.leave()
      throw error
    }
  }

  read(offset: number, size: number): Promise<Uint8Array> {
    return this.#file.read(offset, size)
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#file.write(offset, data)
  }

  del(offset: number, size: number): Promise<void> {
    return this.#file.del(offset, size)
  }

  size(): Promise<number> {
    return this.#file.size()
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (!opened) return
    opened.store.closeFile(opened.file)
    await opened.unlock?.()
    opened.store.leave()
  }

  async destroy(): Promise<void> {
    await withStore(this.#name, this.#durability, async (store) => {
      const file = store.openFile(this.#filename)
      await file.remove().finally(() => store.closeFile(file))
    })
  }

  get #file(): PageFile {
    if (!this.#opened) throw new Replic8Error('ERR_CLOSED', `The file "${this.#filename}" is not open.`)
    return this.#opened.file
  }
}
