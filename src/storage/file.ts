import { Buffer } from 'node:buffer'
import { access, close as closeDescriptor, readdir, rm, stat } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import randomAccessFile from 'random-access-file'
import { directoryOf, isLockFile } from './core-files.ts'
import { coreStorage, type ManagedStorage } from './core-storage.ts'
import { fileLock } from './file-lock.ts'
import { RangeOrder } from './range-order.ts'
import { coreLocked, outsideOfFile, storageError } from './storage-error.ts'
import type { ByteFile } from './storage-file.ts'

/** Bytes from which on a read is checked against the size of the file first. */
const largeRead = 1_048_576

/** As much of zeros as is written at a time. */
const zeros = new Uint8Array(65_536)

/**
 * Storage in files below the folder `directory` (made when the first file is), over random-access-file. Node only.
 * Each file is what hypercore's own storage would have written, so a folder of either opens with the other.
 *
 * The lock of a core is the operating system's on its `bitfield` (see {@link fileLock}): a second process, or a second
 * instance in this one, gets `ERR_STORAGE_LOCKED` from hypercore's `ready`. A write is answered when the operating
 * system has it: it survives the end of the process, not a power cut.
 *
 * Errors: `ERR_NOT_FOUND`, `ERR_STORAGE_LOCKED`, `ERR_STORAGE_FULL` (disk or quota), `ERR_STORAGE`.
 */
export function file(directory: string): ManagedStorage {
  const root = resolve(directory)
  // Resolved against '/' first, so that no name leads out of the folder.
  const pathOf = (name: string) => join(root, resolve('/', name).replace(/^\w:/, ''))
  const storage = coreStorage((filename) => new DiskFile(filename, pathOf(filename)))

  const list = (path: string) => listFiles(root, pathOf(path))
  const remove = async (path: string) => {
    await refuseOpenCores((await list(path)).filter(isLockFile), pathOf)
    await removePath(pathOf(path))
  }
  return Object.assign(storage, { list: (path = '') => list(path), remove, destroy: () => remove('') })
}

class DiskFile implements ByteFile {
  readonly #filename: string
  readonly #path: string
  readonly #order = new RangeOrder()
  // random-access-file remembers a failed open for good, so there is none before the file exists or is to exist.
  #file: RandomAccessFile | undefined

  constructor(filename: string, path: string) {
    this.#filename = filename
    this.#path = path
  }

  async open(): Promise<void> {
    if (!isLockFile(this.#filename)) return
    const lock = await fileLock()
    const opened = randomAccessFile(this.#path, { writable: true, lock })
    try {
      await call((done) => opened.open(done))
    } catch (error) {
      if (opened.fd) await promisify(closeDescriptor)(opened.fd)
      if ((error as { code?: string }).code === 'ELOCKED') throw coreLocked(directoryOf(this.#filename))
      throw error
    }
    this.#file = opened
  }

  read(offset: number, size: number): Promise<Uint8Array> {
    // Up to the end, because a write further on decides whether the range is inside the file.
    return this.#order.run(offset, Infinity, false, async () => {
      const opened = await this.#existing()
      // random-access-file answers an empty read anywhere, and takes memory for a large one before it looks.
      const unchecked = size === 0 || size > largeRead
      const missing = !opened || (unchecked && offset + size > (await sizeOf(opened)))
      if (missing && offset + size > 0) throw outsideOfFile(this.#filename, offset, size)
      return opened ? call((done) => opened.read(offset, size, done)) : Buffer.alloc(0)
    })
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#order.run(offset, offset + data.length, true, () =>
      call((done) => this.#created().write(offset, data, done)),
    )
  }

  del(offset: number, size: number): Promise<void> {
    return this.#order.run(offset, Infinity, true, async () => {
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
    return this.#order.run(0, Infinity, false, async () => {
      const opened = await this.#existing()
      return opened ? sizeOf(opened) : 0
    })
  }

  async close(): Promise<void> {
    const opened = this.#file
    this.#file = undefined
    if (opened) await call((done) => opened.close(done))
  }

  async destroy(): Promise<void> {
    await promisify(rm)(this.#path, { force: true })
  }

  async #existing(): Promise<RandomAccessFile | undefined> {
    if (!this.#file && !(await exists(this.#path))) return undefined
    return this.#created()
  }

  #created(): RandomAccessFile {
    this.#file ??= randomAccessFile(this.#path, { writable: true })
    return this.#file
  }
}

type RandomAccessFile = ReturnType<typeof randomAccessFile>

/** Takes and gives back the lock of each core, by the path of its `bitfield`; throws for one that is taken. */
async function refuseOpenCores(names: string[], pathOf: (name: string) => string): Promise<void> {
  for (const name of names) {
    const probe = new DiskFile(name, pathOf(name))
    await probe.open()
    await probe.close()
  }
}

async function listFiles(root: string, path: string): Promise<string[]> {
  const found = await promisify(stat)(path).catch(orNothing)
  if (!found) return []
  if (!found.isDirectory()) return [nameIn(root, path)]
  const entries = await promisify(readdir)(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => nameIn(root, join(entry.parentPath, entry.name)))
    .sort()
}

const nameIn = (root: string, path: string) => path.slice(root.length + 1).replaceAll(sep, '/')

async function removePath(path: string): Promise<void> {
  await promisify(rm)(path, { recursive: true, force: true }).catch((error) => {
    throw storageError(error)
  })
}

async function exists(path: string): Promise<boolean> {
  return (await promisify(access)(path).then(() => true, orNothing)) ?? false
}

function orNothing(error: { code?: string }): undefined {
  if (error.code === 'ENOENT') return undefined
  throw storageError(error)
}

async function sizeOf(opened: RandomAccessFile): Promise<number> {
  return (await call<{ size: number }>((done) => opened.stat(done))).size
}

function call<T>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)))
  })
}
