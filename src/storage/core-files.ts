import type { Replic8Error } from '../errors.ts'
import { storageError } from './storage-error.ts'

/** A file of a core, as far as its siblings need it. */
export interface CoreFile {
  fail(error: Replic8Error): void
  idle(): Promise<void>
}

/** hypercore opens `bitfield` in every core and nothing else does: with that file comes the lock of the core. */
const lockFile = 'bitfield'

export function isLockFile(filename: string): boolean {
  return baseOf(filename) === lockFile
}

/** The folder that a file is in, '' for none. It names the core. */
export function directoryOf(filename: string): string {
  return filename.slice(0, Math.max(0, filename.lastIndexOf('/')))
}

export function baseOf(filename: string): string {
  return filename.slice(filename.lastIndexOf('/') + 1)
}

/** Whether a file is `path` itself or lies in the folder `path`; '' is the folder of everything. */
export function isBelow(filename: string, path: string): boolean {
  return path === '' || filename === path || filename.startsWith(`${path}/`)
}

/**
 * The files that one hypercore opened. When the lock of the core is refused, all of them fail, so that the second
 * instance writes nothing (it would write the headers) and leaves nothing open (hypercore does not close what it
 * could not open).
 */
export class CoreFiles {
  readonly members = new Set<CoreFile>()
  readonly #names = new Set<string>()
  readonly #onempty: () => void
  #waiting: (() => void)[] | undefined

  /** @param onempty called when the last file was closed */
  constructor(onempty: () => void) {
    this.#onempty = onempty
  }

  /** False when this core has the file already: then another instance begins. */
  claim(name: string): boolean {
    if (this.#names.has(name)) return false
    this.#names.add(name)
    return true
  }

  leave(file: CoreFile): void {
    this.members.delete(file)
    if (this.members.size === 0) this.#onempty()
  }

  /** Holds every file's calls until `lock` is settled; fails every file when it is refused. */
  guard(lock: Promise<void>): void {
    this.#waiting = []
    const release = () => {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const start of waiting) start()
    }
    lock.then(release, (error) => {
      for (const file of this.members) file.fail(storageError(error))
      release()
    })
  }

  /** No lock is waited for. */
  get isSettled(): boolean {
    return this.#waiting === undefined
  }

  /** Calls `start` at once, or when the lock was given or refused. */
  whenSettled(start: () => void): void {
    if (this.#waiting) this.#waiting.push(start)
    else start()
  }

  /** Resolves when no file of the core has a call unanswered. */
  async idle(): Promise<void> {
    await Promise.all([...this.members].map((file) => file.idle()))
  }
}
