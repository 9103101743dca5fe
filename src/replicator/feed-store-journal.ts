import { Replic8Error } from '../errors.ts'
import type { Storage } from '../random-access-storage.ts'
import { crc32 } from './crc32.ts'
import { StoredFile } from './feed-store-files.ts'
import {
  decodeFrames,
  decodeHeader,
  encodeFrames,
  encodeHeader,
  type FileHeader,
  headerBytes,
  newSalt,
} from './feed-store-frames.ts'

/** The first byte of the lock. */
const mark = { open: 1, closed: 2 }

/**
 * An append-only list of records in one of two files that take turns: a rewrite goes into the other file, its header
 * last, so that until the very end of it the file before holds everything. Calls must not overlap.
 *
 * Errors: ERR_STORAGE_LOCKED when somebody else has it open, ERR_STORAGE for a damaged one, ERR_BAD_ARGUMENT for a
 * storage that forgets.
 */
export class Journal {
  /** Records in the file, those that are out of date too. */
  count = 0
  /** It was closed in order the last time. */
  wasClosed = false
  private readonly storage: Storage
  private readonly files: [StoredFile, StoredFile]
  private readonly lock: StoredFile
  private current = 1
  private generation = 0
  private salt = 0
  private end = 0
  /** What is behind the end, or at it, is not to be relied on. */
  private torn = true

  /** @param folder where the two files and the lock are */
  constructor(storage: Storage, folder: string) {
    this.storage = storage
    this.files = [new StoredFile(storage, `${folder}/a`), new StoredFile(storage, `${folder}/b`)]
    // Storages lock a core by the file of this name, and so the whole store with it.
    this.lock = new StoredFile(storage, `${folder}/bitfield`)
  }

  /** Takes the lock, and reads what is there. */
  async open(): Promise<unknown[]> {
    this.wasClosed = (await this.lock.size()) > 0 && (await this.lock.read(0, 1))[0] === mark.closed
    await this.lock.write(0, Uint8Array.of(mark.open))
    const sizes = await Promise.all(this.files.map((file) => file.size()))
    const headers = await Promise.all(this.files.map((file, i) => readHeader(file, sizes[i] as number)))
    const newestFirst = [0, 1].sort((a, b) => (headers[b]?.generation ?? 0) - (headers[a]?.generation ?? 0))
    for (const i of newestFirst) {
      const header = headers[i]
      const records = header && (await this.load(i, header, sizes[i] as number))
      if (records) return records
    }
    if (headers.some((header) => header !== undefined)) {
      throw new Replic8Error('ERR_STORAGE', 'The index of the feed store is damaged in both of its files.')
    }
    return []
  }

  /** True when the next records have to come by `rewrite`. */
  get needsRewrite(): boolean {
    return this.torn
  }

  /** Adds records; resolves when the storage has them. */
  async append(records: readonly unknown[]): Promise<void> {
    const frames = encodeFrames(this.salt, records)
    // A write that fails may have left half of itself.
    this.torn = true
    await (this.files[this.current] as StoredFile).write(this.end, frames)
    this.torn = false
    this.end += frames.length
    this.count += records.length
  }

  /** Puts these records in place of all others. */
  async rewrite(records: readonly unknown[]): Promise<void> {
    const next = 1 - this.current
    const file = this.files[next] as StoredFile
    const generation = this.generation + 1
    const salt = newSalt()
    const snapshot = encodeFrames(salt, records)
    await file.write(headerBytes, snapshot)
    await file.write(0, encodeHeader(generation, salt, snapshot))
    if (this.generation === 0) await this.proveMemory(file.name)
    this.current = next
    this.generation = generation
    this.salt = salt
    this.end = headerBytes + snapshot.length
    this.count = records.length
    this.torn = false
    await file.truncate(this.end)
  }

  /** @param inOrder what was to be written is: the next `open` is told so */
  async close(inOrder = false): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()))
    // One byte in place of another: for this there is room on a full disk, too.
    if (inOrder) await this.lock.write(0, Uint8Array.of(mark.closed)).catch(() => {})
    await this.lock.close()
  }

  private async load(i: number, header: FileHeader, size: number): Promise<unknown[] | undefined> {
    const bytes = await (this.files[i] as StoredFile).read(headerBytes, size - headerBytes)
    const snapshot = bytes.subarray(0, header.snapshotBytes)
    if (snapshot.length < header.snapshotBytes || crc32(snapshot) !== header.snapshotSum) return undefined
    const { records, end } = decodeFrames(header.salt, bytes, snapshot.length)
    this.current = i
    this.generation = header.generation
    this.salt = header.salt
    this.end = headerBytes + end
    this.count = records.length
    this.torn = this.end < size
    return records
  }

  /** A storage that makes a new file at each call would lose every core that is closed. */
  private async proveMemory(name: string) {
    const again = new StoredFile(this.storage, name)
    const size = await again.size()
    await again.close()
    if (size > 0) return
    const detail =
      'A feed store needs a storage that gives the same file for the same name: memory(), not memory.'
    throw new Replic8Error('ERR_BAD_ARGUMENT', detail)
  }
}

async function readHeader(file: StoredFile, size: number): Promise<FileHeader | null | undefined> {
  return size < headerBytes ? undefined : decodeHeader(await file.read(0, headerBytes))
}
