import { Buffer } from 'node:buffer'
import type { RandomAccessStorage, Storage } from '../random-access-storage.ts'
import { directoryOf, isBelow, isLockFile } from './core-files.ts'
import { coreStorage, type ManagedStorage } from './core-storage.ts'
import { copySpan, patchPage, spansOf } from './pages.ts'
import { coreLocked, outsideOfFile } from './storage-error.ts'
import type { ByteFile } from './storage-file.ts'

// Large enough that a block is few pieces, small enough that a sparse core wastes little.
const pageSize = 65_536

/**
 * Storage that lives as long as this process or page.
 *
 * `memory()` gives `(filename) => file`: a name asked for again is the same file, also after it was closed, until
 * `destroy()`. One core at a time may have a folder open (`ERR_STORAGE_LOCKED`), as on a disk.
 *
 * `memory(filename)`, which is how hypercore calls a storage, gives a new empty file each time: `hypercore(memory)` is
 * a new core each time, as with random-access-memory.
 *
 * A file takes the memory of what was written to it, in pages of 64 KiB that begin small.
 */
export function memory(): ManagedStorage
export function memory(filename: string, options?: unknown): RandomAccessStorage
export function memory(filename?: string): ManagedStorage | RandomAccessStorage {
  return typeof filename === 'string' ? memoryStorage()(filename) : memoryStorage()
}

function memoryStorage(): ManagedStorage {
  const files = new Map<string, Bytes>()
  const locked = new Set<string>()
  const storage: Storage = coreStorage((filename) => new MemoryFile(filename, files, locked))
  const list = (path: string) => [...files.keys()].filter((name) => isBelow(name, path)).sort()

  const remove = async (path: string) => {
    const names = list(path)
    const open = names.map(directoryOf).find((directory) => locked.has(directory))
    if (open !== undefined) throw coreLocked(open)
    for (const name of names) files.delete(name)
  }
  return Object.assign(storage, { list: async (path = '') => list(path), remove, destroy: () => remove('') })
}

/** The bytes of one file. */
class Bytes {
  size = 0
  readonly #pages = new Map<number, Uint8Array>()

  read(offset: number, size: number): Uint8Array {
    const bytes = Buffer.alloc(size)
    for (const span of spansOf(offset, size, pageSize)) {
      const page = this.#pages.get(span.index)
      if (page) copySpan(page, span, bytes)
    }
    return bytes
  }

  write(offset: number, data: Uint8Array): void {
    for (const { index, start, end, at } of spansOf(offset, data.length, pageSize)) {
      const chunk = data.subarray(at, at + end - start)
      this.#pages.set(index, patchPage(this.#pages.get(index) ?? new Uint8Array(0), start, chunk, pageSize))
    }
    this.size = Math.max(this.size, offset + data.length)
  }

  clear(offset: number, size: number): void {
    const end = Math.min(this.size, offset + size)
    for (const span of spansOf(offset, Math.max(0, end - offset), pageSize)) {
      if (span.end - span.start === pageSize) this.#pages.delete(span.index)
      else this.#pages.get(span.index)?.fill(0, span.start, span.end)
    }
    if (offset < this.size && end === this.size) this.size = offset
  }
}

class MemoryFile implements ByteFile {
  readonly #filename: string
  readonly #files: Map<string, Bytes>
  readonly #locked: Set<string>

  constructor(filename: string, files: Map<string, Bytes>, locked: Set<string>) {
    this.#filename = filename
    this.#files = files
    this.#locked = locked
  }

  open(): void {
    if (!isLockFile(this.#filename)) return
    const directory = directoryOf(this.#filename)
    if (this.#locked.has(directory)) throw coreLocked(directory)
    this.#locked.add(directory)
  }

  read(offset: number, size: number): Uint8Array {
    const bytes = this.#files.get(this.#filename)
    if (offset + size > (bytes?.size ?? 0)) throw outsideOfFile(this.#filename, offset, size)
    return bytes ? bytes.read(offset, size) : Buffer.alloc(0)
  }

  write(offset: number, data: Uint8Array): void {
    const bytes = this.#files.get(this.#filename) ?? new Bytes()
    this.#files.set(this.#filename, bytes)
    bytes.write(offset, data)
  }

  del(offset: number, size: number): void {
    this.#files.get(this.#filename)?.clear(offset, size)
  }

  size(): number {
    return this.#files.get(this.#filename)?.size ?? 0
  }

  close(): void {
    if (isLockFile(this.#filename)) this.#locked.delete(directoryOf(this.#filename))
  }

  destroy(): void {
    this.#files.delete(this.#filename)
  }
}
