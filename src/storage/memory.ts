import { Buffer } from 'node:buffer'
import type { RandomAccessStorage, Storage } from '../random-access-storage.ts'
import { directoryOf, isBelow, isLockFile } from './core-files.ts'
import { coreStorage, type ManagedStorage } from './core-storage.ts'
import { LoneFile } from './lone-file.ts'
import { MemoryBytes } from './memory-bytes.ts'
import { coreLocked, outsideOfFile } from './storage-error.ts'
import type { ByteFile } from './storage-file.ts'

/**
 * Storage that lives as long as this process or page.
 *
 * `memory()` gives `(filename) => file`: a name asked for again is the same file, also after it was closed, until
 * `destroy()`. One core at a time may have a folder open (`ERR_STORAGE_LOCKED`), as on a disk.
 *
 * `memory(filename)`, which is how hypercore calls a storage, gives a new empty file each time: `hypercore(memory)` is
 * a new core each time, as with random-access-memory.
 *
 * A file takes the memory of what was written to it, in pages of 64 KiB; the first few begin small.
 */
export function memory(): ManagedStorage
export function memory(filename: string, options?: unknown): RandomAccessStorage
export function memory(filename?: string): ManagedStorage | RandomAccessStorage {
  return typeof filename === 'string' ? new LoneFile(filename) : memoryStorage()
}

function memoryStorage(): ManagedStorage {
  const files = new Map<string, MemoryBytes>()
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

class MemoryFile implements ByteFile {
  readonly #filename: string
  readonly #files: Map<string, MemoryBytes>
  readonly #locked: Set<string>

  constructor(filename: string, files: Map<string, MemoryBytes>, locked: Set<string>) {
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
    const bytes = this.#files.get(this.#filename) ?? new MemoryBytes()
    this.#files.set(this.#filename, bytes)
    bytes.write(offset, data)
  }

  del(offset: number, size: number): void {
    this.#files.get(this.#filename)?.del(offset, size)
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
