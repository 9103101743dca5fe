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

  open(cb: StorageCallback = ignore): void {
    this.run(cb, () => {})
  }

  read(offset: number, size: number, cb: StorageCallback<Uint8Array>): void {
    this.run(cb, () => {
      if (position(offset) + position(size) > this.bytes.size)
        throw outsideOfFile(this.filename, offset, size)
      return this.bytes.read(offset, size)
    })
  }

  write(offset: number, data: Uint8Array, cb: StorageCallback = ignore): void {
    this.run(cb, () => {
      if (position(offset) >= 0 && data.length > 0) this.bytes.write(offset, data)
    })
  }

  del(offset: number, size: number, cb: StorageCallback = ignore): void {
    this.run(cb, () => this.bytes.del(position(offset), size === Infinity ? size : position(size)))
  }

  stat(cb: StorageCallback<{ size: number }>): void {
    this.run(cb, () => ({ size: this.bytes.size }))
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

  private run<T>(cb: StorageCallback<T>, op: () => T): void {
    try {
      if (this.closed) throw new Replic8Error('ERR_CLOSED', 'The file was closed.')
      this.opened = true
      answer(cb, null, op())
    } catch (error) {
      answer(cb, storageError(error))
    }
  }
}

function ignore(): void {}
