import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** How much room there is. */
export interface DiskState {
  /** Bytes that the storage takes; 0 where it is no folder. */
  used: number
  /** Bytes that are free on its disk; Infinity where that is not known. */
  free: number
  /** Nothing more is taken. */
  full: boolean
}

export interface DiskOptions {
  /** Left out: a storage of which nothing is known but its errors. */
  folder: string | undefined
  maxBytes: number
  minFree: number
  /** Milliseconds after a failed write in which no new one is tried, whatever the disk says of its room. */
  retryAfterFull: number
  /** Bytes that came since the start. */
  received(): number
  onchange(state: DiskState, why: string): void
}

/** Milliseconds between two looks; and, when there is little room, after something came. */
const every = { calm: 1_000, near: 100 }
/** Bytes of room below which every arrival is a reason to look. */
const nearBytes = 256 * 1024 * 1024
/** Of the time, as much at most goes into adding up files. */
const walkShare = 0.02

/**
 * Watches the room that feeds have. Between two counts of the files, what came is added. It is full at a limit, and
 * free again some way below it, so that it does not go to and fro.
 */
export class Disk {
  private readonly options: DiskOptions
  private state: DiskState = { used: 0, free: Infinity, full: false }
  private counted = { bytes: 0, received: -1, at: -Infinity, took: 0 }
  private heldUntil = -Infinity
  private timer: ReturnType<typeof setTimeout> | undefined
  /** When the timer is over. */
  private due = Infinity
  private looking: Promise<void> | undefined
  private counting: Promise<void> | undefined
  private isClosed = false

  constructor(options: DiskOptions) {
    this.options = options
  }

  get now(): DiskState {
    return { ...this.state }
  }

  /** Looks now, and from here on by itself. */
  look(): Promise<void> {
    this.looking ??= this.measure()
      // What cannot be measured stays as it was; a write that fails tells.
      .catch(() => {})
      .then(() => {
        this.looking = undefined
        if (this.isClosed) return
        this.judge()
        const held = this.heldUntil - performance.now()
        this.schedule(held > 0 ? Math.min(held, every.calm) : every.calm)
      })
    return this.looking
  }

  /** Something was stored. */
  touch() {
    const { maxBytes, minFree } = this.options
    const { used, free, full } = this.state
    if (!full && Math.min(maxBytes - used, free - minFree) < nearBytes) this.schedule(every.near)
  }

  /** Something could not be stored for want of room. */
  failed() {
    this.heldUntil = performance.now() + this.options.retryAfterFull
    this.judge()
    this.schedule(every.near)
  }

  async close() {
    this.isClosed = true
    clearTimeout(this.timer)
    await this.looking
    await this.counting
  }

  /** Looks after so long at the latest. */
  private schedule(ms: number) {
    const due = performance.now() + ms
    if (this.isClosed || this.looking || (this.timer && this.due <= due)) return
    clearTimeout(this.timer)
    this.due = due
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.look()
    }, ms)
    this.timer.unref()
  }

  private async measure() {
    const { folder, received, maxBytes } = this.options
    if (folder === undefined) return
    const { bavail, bsize } = await statfs(folder)
    this.state.free = bavail * bsize
    const { at, took } = this.counted
    const isOld = performance.now() - at >= took / walkShare
    if (isOld && (this.state.full || received() !== this.counted.received)) {
      this.counting ??= this.count(folder).finally(() => {
        this.counting = undefined
      })
      // Many files take a while, which nobody has to wait for where their sum decides nothing.
      if (maxBytes !== Infinity) await this.counting
    }
    if (this.counted.at > 0) this.state.used = this.counted.bytes + received() - this.counted.received
  }

  private async count(folder: string) {
    const received = this.options.received()
    const start = performance.now()
    const bytes = await sizeOf(folder, () => this.isClosed)
    const at = performance.now()
    if (this.isClosed) return
    this.counted = { bytes, received, at, took: at - start }
    this.state.used = bytes
  }

  private judge() {
    const { maxBytes, minFree, onchange } = this.options
    const { used, free, full } = this.state
    const held = performance.now() < this.heldUntil
    const [most, least] = full ? [0.95 * maxBytes, 1.1 * minFree] : [maxBytes, minFree]
    const why = held
      ? 'a write failed'
      : used >= most
        ? 'maxBytes is reached'
        : free < least
          ? 'minFree is reached'
          : ''
    this.state.full = why !== ''
    if (this.state.full !== full) onchange(this.now, why)
  }
}

/** Bytes that the files of a folder take on the disk; what goes meanwhile is left out. */
async function sizeOf(folder: string, isOver: () => boolean): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (isOver()) return 0
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await sizeOf(path, isOver)
    else if (entry.isFile()) {
      const { size, blocks } = await lstat(path).catch(() => ({ size: 0, blocks: 0 }))
      // A file may have holes, and a small one takes a whole block.
      bytes += blocks > 0 ? 512 * blocks : size
    }
  }
  return bytes
}

/** Whether an error, or one that led to it, says that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++)
    if (['ENOSPC', 'EDQUOT', 'ERR_STORAGE_FULL'].includes(String((one as { code?: string }).code)))
      return true
  return false
}
