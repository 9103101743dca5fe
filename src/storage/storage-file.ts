import { Replic8Error } from '../errors.ts'
import type { RandomAccessStorage, StorageCallback } from '../random-access-storage.ts'
import { answer } from './answer.ts'
import type { CoreFiles } from './core-files.ts'
import { storageError } from './storage-error.ts'

/**
 * What one kind of storage knows about one file. Answers may be immediate or promised. {@link StorageFile} sees
 * to the rest: `open` comes once and first, `close` last and when nothing runs, arguments are checked.
 */
export interface ByteFile {
  /** Called for the core's `bitfield`, it takes the core's lock as well, and fails when it is taken. */
  open(): void | Promise<void>
  read(offset: number, size: number): Uint8Array | Promise<Uint8Array>
  write(offset: number, data: Uint8Array): void | Promise<void>
  /** `size` may be Infinity. */
  del(offset: number, size: number): void | Promise<void>
  size(): number | Promise<number>
  close(): void | Promise<void>
  /** Removes the file; comes after `close`, or without any `open`. */
  destroy(): void | Promise<void>
}

/**
 * The callback side of a file, as hypercore 9 wants it: opens by itself, answers every callback exactly once, never
 * before the call returned, and with a Replic8Error. A failed open sticks: whatever is called afterwards gets its
 * error, because hypercore reports only the second failure of an open.
 */
export class StorageFile implements RandomAccessStorage {
  readonly readable = true
  readonly writable = true
  readonly deletable = true
  readonly statable = true
  opened = false
  closed = false
  destroyed = false

  readonly #file: ByteFile
  readonly #core: CoreFiles
  readonly #locks: boolean
  #opening: Promise<void> | undefined
  #failure: Replic8Error | undefined
  #waiting: (() => void)[] = []
  #running = 0
  #idle: (() => void)[] = []
  #releasing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #destroying: Promise<void> | undefined

  /** @param locks whether opening this file takes the lock of its core */
  constructor(file: ByteFile, core: CoreFiles, locks: boolean) {
    this.#file = file
    this.#core = core
    this.#locks = locks
    core.members.add(this)
  }

  open(cb: StorageCallback = ignore): void {
    this.#run(() => undefined, cb)
  }

  read(offset: number, size: number, cb: StorageCallback<Uint8Array>): void {
    this.#run(() => this.#file.read(position(offset), position(size)), cb)
  }

  write(offset: number, data: Uint8Array, cb: StorageCallback = ignore): void {
    this.#run(() => {
      if (data.length > 0) return this.#file.write(position(offset), data)
      position(offset)
    }, cb)
  }

  del(offset: number, size: number, cb: StorageCallback = ignore): void {
    this.#run(() => this.#file.del(position(offset), size === Infinity ? size : position(size)), cb)
  }

  stat(cb: StorageCallback<{ size: number }>): void {
    this.#run(async () => ({ size: await this.#file.size() }), cb)
  }

  close(cb: StorageCallback = ignore): void {
    this.#closing ??= this.#close()
    settle(this.#closing, cb)
  }

  destroy(cb: StorageCallback = ignore): void {
    this.#closing ??= this.#close()
    this.#destroying ??= this.#closing.then(async () => {
      // A refused instance must not remove the files of the one that has the core.
      if (this.#failure) throw this.#failure
      await this.#file.destroy()
      this.destroyed = true
    })
    settle(this.#destroying, cb)
  }

  /** Fails whatever comes from now on, and lets go of the file when nothing runs any more. */
  fail(error: Replic8Error): void {
    this.#failure ??= error
    this.#release().catch(ignore)
  }

  /** Resolves when no call is unanswered. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }

  #run<T>(op: () => T | Promise<T>, cb: StorageCallback<T>): void {
    const refusal = this.#closing ? new Replic8Error('ERR_CLOSED', 'The file was closed.') : this.#failure
    if (refusal) {
      answer(cb, refusal)
      return
    }
    this.#running++
    if (this.opened && this.#core.isSettled) {
      this.#start(op, cb)
      return
    }
    const start = () => this.#start(op, cb)
    this.#opening ??= this.#open()
    if (!this.opened && !this.#failure) this.#waiting.push(start)
    else this.#core.whenSettled(start)
  }

  async #open(): Promise<void> {
    try {
      const opening = promised(() => this.#file.open())
      if (this.#locks) this.#core.guard(opening)
      await opening
      this.opened = true
    } catch (error) {
      this.#failure ??= storageError(error)
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const start of waiting) this.#core.whenSettled(start)
  }

  #start<T>(op: () => T | Promise<T>, cb: StorageCallback<T>): void {
    try {
      if (this.#failure) throw this.#failure
      const result = op()
      if (result instanceof Promise) {
        result.then(
          (value) => this.#finish(cb, null, value),
          (error) => this.#finish(cb, storageError(error)),
        )
      } else this.#finish(cb, null, result)
    } catch (error) {
      this.#finish(cb, storageError(error))
    }
  }

  #finish<T>(cb: StorageCallback<T>, error: Replic8Error | null, value?: T): void {
    answer(cb, error, value)
    if (--this.#running > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  async #close(): Promise<void> {
    await this.#release()
    this.closed = true
    this.#core.leave(this)
  }

  #release(): Promise<void> {
    this.#releasing ??= this.#letGo()
    return this.#releasing
  }

  async #letGo(): Promise<void> {
    await this.#opening
    await this.idle()
    // The lock goes last: nobody else may write while a file of this core still does.
    if (this.#locks && this.opened) await this.#core.idle()
    if (!this.opened) return
    try {
      await this.#file.close()
    } catch (error) {
      throw storageError(error)
    }
  }
}

/** An offset or a size, as it is. Errors: ERR_BAD_ARGUMENT. */
export function position(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Replic8Error('ERR_BAD_ARGUMENT', `${value} is no offset or size in bytes.`)
}

async function promised<T>(op: () => T | Promise<T>): Promise<T> {
  return op()
}

function settle(promise: Promise<void>, cb: StorageCallback): void {
  promise.then(
    () => answer(cb, null),
    (error) => answer(cb, storageError(error)),
  )
}

function ignore(): void {}
