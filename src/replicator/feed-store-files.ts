import { messageOf, Replic8Error } from '../errors.ts'
import type { RandomAccessStorage, Storage, StorageCallback } from '../random-access-storage.ts'

/**
 * A storage, which may be able to remove whole folders at once, as those of replic8 are, and to do with few of its files
 * open.
 */
export type FeedStorage = Storage & { remove?(path: string): Promise<void>; pooled?(): Storage }

/** Every file of a hypercore 9. */
const coreFiles = ['key', 'secret_key', 'tree', 'data', 'bitfield', 'signatures']

const codes = new Map<unknown, 'ERR_STORAGE_LOCKED' | 'ERR_NOT_FOUND'>([
  ['ELOCKED', 'ERR_STORAGE_LOCKED'],
  ['ENOENT', 'ERR_NOT_FOUND'],
])

/** What a storage of whatever kind failed with, as an error of replic8. */
export function storageFailure(error: unknown): Replic8Error {
  if (error instanceof Replic8Error) return error
  const code = codes.get((error as { code?: unknown } | null)?.code) ?? 'ERR_STORAGE'
  return new Replic8Error(code, messageOf(error), { cause: error })
}

/** A call with a callback, as a promise. Rejects with an error of replic8. */
export function call<T = void>(start: (cb: StorageCallback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(storageFailure(error)) : resolve(value as T)))
  })
}

/** One file of a storage, with promises. A file that does not exist is an empty one. */
export class StoredFile {
  readonly name: string
  private readonly storage: Storage
  private file: RandomAccessStorage

  constructor(storage: Storage, name: string) {
    this.storage = storage
    this.name = name
    this.file = storage(name)
  }

  async size(): Promise<number> {
    try {
      return (await call<{ size: number }>((cb) => this.file.stat(cb))).size
    } catch (error) {
      if (!isMissing(error)) throw error
      // random-access-file remembers a failed open: what is to be written needs a new one.
      await this.close()
      this.file = this.storage(this.name)
      return 0
    }
  }

  read(offset: number, size: number): Promise<Uint8Array> {
    return call((cb) => this.file.read(offset, size, cb))
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return call((cb) => this.file.write(offset, Buffer.from(data), cb))
  }

  /** Cuts off what is behind `size`, where the storage can. */
  async truncate(size: number): Promise<void> {
    await call((cb) => this.file.del(size, Number.POSITIVE_INFINITY, cb)).catch(() => {})
  }

  async close(): Promise<void> {
    await call((cb) => this.file.close(cb)).catch(() => {})
  }
}

/** Frees the storage of the core in a folder, which must be closed. */
export async function removeCore(storage: FeedStorage, folder: string): Promise<void> {
  if (typeof storage.remove === 'function') {
    await storage.remove(folder).catch((error) => Promise.reject(storageFailure(error)))
    return
  }
  for (const name of coreFiles) {
    const file = storage(`${folder}/${name}`)
    await call((cb) => file.destroy(cb)).catch((error) => {
      if (!isMissing(error)) throw error
    })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Replic8Error && error.code === 'ERR_NOT_FOUND'
}
