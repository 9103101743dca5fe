import { Replic8Error } from '../errors.ts'
import type { RandomAccessStorage, StorageCallback } from '../random-access-storage.ts'
import { answer } from './answer.ts'
import { MemoryBytes } from './memory-bytes.ts'
import { outsideOfFile, storageError } from './storage-error.ts'
import { position } from './storage-file.ts'

/**
 * A file in memory that nobody else can name: it needs no lock, waits for nothing, and is gone with who holds it. As a
 * {@link StorageFile} otherwise, at a fraction of the cost: hypercore opens six files for each core.
 */
export class LoneFile implements RandomAccessStorage {
  opened = false
  closed = false
  destroyed = false
  private readonly filename: string
  private readonly bytes = new MemoryBytes()

  constructor(filename: string) {
    this.filename = filename
  }

  get readable(): boolean {
    return true
  }

  get writable(): boolean {
    return true
  }

  get deletable(): boolean {
    return true
  }

  get statable(): boolean {
    return true
  }

  // Each has its own `try`: to hand what it does to a function costs as much as doing it.

  open(cb: StorageCallback = ignore): void {
    try {
      this.use()
      answer(cb, null)
    } catch (error) {
      answer(cb, storageError(error))
    }
  }

  read(offset: number, size: number, cb: StorageCallback<Uint8Array>): void {
    try {
      this.use()
      if (position(offset) + position(size) > this.bytes.size)
        throw outsideOfFile(this.filename, offset, size)
      answer(cb, null, this.bytes.read(offset, size))
    } catch (error) {
      answer(cb, storageError(error))
    }
  }

  write(offset: number, data: Uint8Array, cb: StorageCallback = ignore): void {
    try {
      this.use()
      if (position(offset) >= 0 && data.length > 0) this.bytes.write(offset, data)
      answer(cb, null)
    } catch (error) {
      answer(cb, storageError(error))
    }
  }

  del(offset: number, size: number, cb: StorageCallback = ignore): void {
    try {
      this.use()
      this.bytes.del(position(offset), size === Infinity ? size : position(size))
      answer(cb, null)
    } catch (error) {
      answer(cb, storageError(error))
    }
  }

  stat(cb: StorageCallback<{ size: number }>): void {
    try {
      this.use()
      answer(cb, null, { size: this.bytes.size })
    } catch (error) {
      answer(cb, storageError(error))
    }
  }

  close(cb: StorageCallback = ignore): void {
    this.closed = true
    answer(cb, null)
  }

  destroy(cb: StorageCallback = ignore): void {
    this.closed = this.destroyed = true
    this.bytes.clear()
    answer(cb, null)
  }

  private use(): void {
    if (this.closed) throw new Replic8Error('ERR_CLOSED', 'The file was closed.')
    this.opened = true
  }
}

function ignore(): void {}
