import { Buffer } from 'node:buffer'
import { access, close as closeDescriptor, fstat, rm } from 'node:fs'
import { promisify } from 'node:util'
import randomAccessFile from 'random-access-file'
import { directoryOf, isLockFile } from './core-files.ts'
import type { DiskCore, LockingFile } from './disk-core.ts'
import { fileLock } from './file-lock.ts'
import { RangeOrder } from './range-order.ts'
import { coreLocked, outsideOfFile, storageError } from './storage-error.ts'
import type { ByteFile } from './storage-file.ts'

/** Bytes from which on a read is checked against the size of the file first. */
const largeRead = 1_048_576

/** As much of zeros as is written at a time. */
const zeros = new Uint8Array(65_536)

/** Paths of the locks of cores that rest: within this process they hold. */
const resting = new Set<string>()

/** One file on disk, over random-access-file. */
export class DiskFile implements ByteFile, LockingFile {
  readonly #filename: string
  readonly #path: string
  readonly #core: DiskCore
  readonly #order = new RangeOrder()
  // random-access-file remembers a failed open for good, so there is none before the file exists or is to exist.
  #file: RandomAccessFile | undefined
  #exists = false

  constructor(filename: string, path: string, core: DiskCore) {
    this.#filename = filename
    this.#path = path
    this.#core = core
  }

  async open(): Promise<void> {
    const locks = isLockFile(this.#filename)
    this.#core.join(this, locks ? this : undefined)
    if (!locks) return
    try {
      if (resting.has(this.#path)) throw this.#locked()
      await this.#core.run(() => this.#lock())
    } catch (error) {
      await this.#core.part(this)
      throw error
    }
  }

  read(offset: number, size: number): Promise<Uint8Array> {
    // Up to the end, because a write further on decides whether the range is inside the file.
    return this.#run(offset, Infinity, false, async () => {
      const opened = await this.#existing()
      // random-access-file answers an empty read anywhere, and takes memory for a large one before it looks.
      const unchecked = size === 0 || size > largeRead
      const missing = !opened || (unchecked && offset + size > (await sizeOf(opened)))
      if (missing && offset + size > 0) throw outsideOfFile(this.#filename, offset, size)
      return opened ? call((done) => opened.read(offset, size, done)) : Buffer.alloc(0)
    })
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#run(offset, offset + data.length, true, () =>
      call((done) => this.#created().write(offset, data, done)),
    )
  }

  del(offset: number, size: number): Promise<void> {
    return this.#run(offset, Infinity, true, async () => {
      const opened = await this.#existing()
      if (!opened) return
      const length = await sizeOf(opened)
      if (offset >= length) return
      if (offset + size >= length) return call((done) => opened.del(offset, size, done))
      // Node can not punch holes, and random-access-file leaves the old bytes where they are.
      for (let at = offset; at < offset + size; at += zeros.length) {
        const chunk = zeros.subarray(0, Math.min(zeros.length, offset + size - at))
        await call<void>((done) => opened.write(at, chunk, done))
      }
    })
  }

  size(): Promise<number> {
    return this.#run(0, Infinity, false, async () => {
      const opened = await this.#existing()
      return opened ? sizeOf(opened) : 0
    })
  }

  async close(): Promise<void> {
    await this.#core.part(this)
    resting.delete(this.#path)
  }

  async destroy(): Promise<void> {
    await promisify(rm)(this.#path, { force: true })
  }

  async rest(): Promise<void> {
    const opened = this.#file
    if (!opened) return
    if (isLockFile(this.#filename)) resting.add(this.#path)
    this.#file = undefined
    await call((done) => opened.close(done))
  }

  async state(): Promise<{ mark: string; age: number }> {
    const { size, ino, mtimeNs } = await promisify(fstat)(this.#created().fd, { bigint: true })
    return { mark: `${ino} ${size} ${mtimeNs}`, age: Date.now() - Number(mtimeNs / 1_000_000n) }
  }

  async retake(mark: string): Promise<void> {
    await this.#lock()
    if ((await this.state()).mark !== mark) {
      await this.rest()
      throw this.#locked()
    }
    resting.delete(this.#path)
  }

  #run<T>(start: number, end: number, changes: boolean, op: () => Promise<T>): Promise<T> {
    return this.#order.run(start, end, changes, () => this.#core.run(op))
  }

  async #lock(): Promise<void> {
    const lock = await fileLock()
    const opened = randomAccessFile(this.#path, { writable: true, lock })
    try {
      await call((done) => opened.open(done))
    } catch (error) {
      if (opened.fd) await promisify(closeDescriptor)(opened.fd)
      if ((error as { code?: string }).code === 'ELOCKED') throw this.#locked()
      throw error
    }
    this.#file = opened
    this.#exists = true
  }

  #locked() {
    return coreLocked(directoryOf(this.#filename))
  }

  async #existing(): Promise<RandomAccessFile | undefined> {
    if (!this.#exists && !(await exists(this.#path))) return undefined
    return this.#created()
  }

  #created(): RandomAccessFile {
    this.#exists = true
    this.#file ??= randomAccessFile(this.#path, { writable: true })
    return this.#file
  }
}

type RandomAccessFile = ReturnType<typeof randomAccessFile>

async function exists(path: string): Promise<boolean> {
  const found = await promisify(access)(path).then(
    () => true,
    (error) => {
      if (error.code !== 'ENOENT') throw storageError(error)
      return false
    },
  )
  return found
}

async function sizeOf(opened: RandomAccessFile): Promise<number> {
  return (await call<{ size: number }>((done) => opened.stat(done))).size
}

function call<T>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)))
  })
}
