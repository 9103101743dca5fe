import type { AwakeCores, Sleeper } from './awake-cores.ts'

/** A file of the core, as far as this needs to know it. */
export interface RestingFile {
  /** Closes its descriptor, which the next call opens again. */
  rest(): Promise<void>
}

/** The file that has the core's lock. */
export interface LockingFile extends RestingFile {
  /** `mark`: another one when anybody has opened the core; `age`: of the last change, in milliseconds. */
  state(): Promise<{ mark: string; age: number }>
  /** Opens the file again, with its lock. Errors: ERR_STORAGE_LOCKED, also where its mark is another. */
  retake(mark: string): Promise<void>
}

/**
 * Milliseconds that a change must be old to be told from the next one by the time of the file: clocks of file systems
 * tick every 10 ms at worst, where they have parts of a second at all.
 */
const tick = 20

/**
 * The files of one core on disk, which are closed while others need the descriptors. The lock goes with its file, and is
 * taken again before anything else is touched: who opened the core meanwhile is found out, and nothing is mixed.
 */
export class DiskCore implements Sleeper {
  private readonly cores: AwakeCores
  private readonly files = new Set<RestingFile>()
  private lock: LockingFile | undefined
  /** Of the lock, while the core rests. */
  private mark: string | undefined
  private isAwake = false
  private waking: Promise<void> | null = null
  private uses = 0
  private resting: Promise<void> | null = null
  private drained: (() => void) | null = null

  constructor(cores: AwakeCores) {
    this.cores = cores
  }

  /** A file of it is open from here on. */
  join(file: RestingFile, lock?: LockingFile) {
    this.files.add(file)
    if (lock) this.lock = lock
  }

  /** A file of it is closed for good. */
  async part(file: RestingFile): Promise<void> {
    await this.resting
    await file.rest()
    this.files.delete(file)
    if (file === this.lock) this.lock = undefined
    if (this.files.size > 0 || this.uses > 0) return
    this.isAwake = false
    this.cores.left(this)
  }

  /** Does something with a file of the core, which is awake meanwhile. */
  async run<T>(op: () => Promise<T>): Promise<T> {
    while (this.resting) await this.resting
    this.uses++
    this.cores.used(this)
    try {
      if (!this.isAwake) await this.wake()
      return await op()
    } finally {
      if (--this.uses === 0) {
        this.drained?.()
        if (this.isAwake) this.cores.unused(this)
      }
    }
  }

  rest() {
    this.resting = this.sleep().finally(() => {
      this.resting = null
      this.isAwake = false
      this.cores.left(this)
    })
  }

  private wake(): Promise<void> {
    this.waking ??= this.reopen().finally(() => {
      this.waking = null
    })
    return this.waking
  }

  private async reopen() {
    await this.cores.enter(this)
    try {
      if (this.lock && this.mark !== undefined) await this.lock.retake(this.mark)
      this.isAwake = true
    } catch (error) {
      this.cores.left(this)
      throw error
    }
  }

  private async sleep() {
    if (this.uses > 0)
      await new Promise<void>((resolve) => {
        this.drained = resolve
      })
    this.drained = null
    // It was refused when it woke up.
    if (!this.isAwake) return
    // Where it can not be told who opens the core meanwhile, it can not be used again.
    if (this.lock) this.mark = await markOf(this.lock).catch(() => '')
    await Promise.allSettled([...this.files].map((file) => file.rest()))
  }
}

async function markOf(lock: LockingFile): Promise<string> {
  const { mark, age } = await lock.state()
  if (age < tick) await new Promise((resolve) => setTimeout(resolve, Math.min(tick, tick - age)))
  return mark
}
