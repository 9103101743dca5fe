import { messageOf, Replic8Error } from '../errors.ts'
import { type Core, keyOf } from './core.ts'

interface Wait {
  /** In ms since the page or the process began. */
  until: number
  reject(error: Error): void
}

/** Waits for cores to open, for so long at most. The end of the session ends every wait, and settles none. */
export class Opener {
  private readonly timeout: number
  /** The first that is over comes first, as all may take as long: one timer does for all. */
  private readonly waits = new Set<Wait>()
  private timer: ReturnType<typeof setTimeout> | null = null
  private stopped = false

  /** @param timeout ms that a core may take */
  constructor(timeout: number) {
    this.timeout = timeout
  }

  /**
   * Waits until a core is open and has its key; its `ready` may take a callback or give a promise.
   * Errors: ERR_CORE_FAILED.
   */
  open(core: Core): Promise<void> {
    return this.limited((resolve, reject) => {
      const fail = (error: unknown) => {
        const detail = `A core could not be opened: ${messageOf(error)}`
        reject(new Replic8Error('ERR_CORE_FAILED', detail, { cause: error }))
      }
      const done = (error?: unknown) => {
        if (error) fail(error)
        else if (keyOf(core)) resolve()
        else fail('it has no key of 32 bytes')
      }
      try {
        if (!core.ready) return done()
        const promise = core.ready(done) as { then?: unknown } | undefined
        if (typeof promise?.then === 'function') Promise.resolve(promise).then(() => done(), fail)
      } catch (error) {
        fail(error)
      }
    })
  }

  /** Runs `task` until it resolves, rejects, or has taken too long (ERR_CORE_FAILED). */
  limited(task: (resolve: () => void, reject: (error: Error) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.stopped) return
      const wait: Wait = { until: performance.now() + this.timeout, reject }
      this.waits.add(wait)
      this.watch()
      task(
        () => {
          if (this.forget(wait)) resolve()
        },
        (error) => {
          if (this.forget(wait)) reject(error)
        },
      )
    })
  }

  stop() {
    this.stopped = true
    this.waits.clear()
    this.rest()
  }

  /** False where it is over already. */
  private forget(wait: Wait): boolean {
    const waited = this.waits.delete(wait)
    if (this.waits.size === 0) this.rest()
    return waited
  }

  private watch() {
    if (this.timer) return
    const [first] = this.waits
    if (!first) return
    this.timer = setTimeout(() => this.look(), Math.max(0, first.until - performance.now()))
  }

  private look() {
    this.timer = null
    const now = performance.now()
    for (const wait of this.waits) {
      // Timers come up to a millisecond early.
      if (wait.until > now + 1) break
      this.waits.delete(wait)
      wait.reject(this.tooLate())
    }
    this.watch()
  }

  private rest() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private tooLate(): Replic8Error {
    return new Replic8Error(
      'ERR_CORE_FAILED',
      `A core could not be opened: it was not ready within ${this.timeout} ms.`,
    )
  }
}
