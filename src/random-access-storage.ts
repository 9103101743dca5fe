/** The storage contract of hypercore 9, as the package random-access-storage defines it (version 1). */

export type StorageCallback<T = void> = (err: Error | null, value?: T) => void

/** One file of bytes. Every callback is called exactly once. */
export interface RandomAccessStorage {
  open(cb?: StorageCallback): void
  /** Fails when the range is not wholly inside the file. */
  read(offset: number, size: number, cb: StorageCallback<Uint8Array>): void
  /** Grows the file where needed; a gap reads as zeros. */
  write(offset: number, data: Uint8Array, cb?: StorageCallback): void
  /** Zeros a range; one that reaches the end of the file, or goes beyond it, truncates the file at `offset`. */
  del(offset: number, size: number, cb?: StorageCallback): void
  stat(cb: StorageCallback<{ size: number }>): void
  close(cb?: StorageCallback): void
  destroy(cb?: StorageCallback): void
}

/** What hypercore takes as its first argument: a file for each name ('key', 'bitfield', 'data', …). */
export type Storage = (filename: string) => RandomAccessStorage
