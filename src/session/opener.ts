import { messageOf, Replic8Error } from '../errors.ts'
import { type Core, keyOf } from './core.ts'

type Done = (error: Error | null) => void

interface Wait {
  /** In ms since the page or the process began. */
  readonly until: number
  readonly done: Done
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

  /** As `whenOpen`. Errors: ERR_CORE_FAILED. */
  open(core: Core): Promise<void> {
    return new Promise<void>((resolve, reject) =>
      this.whenOpen(core, (error) => (error ? reject(error) : resolve())),
    )
  }

  /**
   * Calls back when a core is open and has its key; its `ready` may take a callback or give a promise. With
   * ERR_CORE_FAILED when it fails, or takes too long. One promise less for each of many cores.
   */
  whenOpen(core: Core, done: Done) {
    const wait = this.begin(done)
    if (!wait) return
    const settle = (error?: unknown) => {
      if (!this.forget(wait)) return
      if (error) done(failed(messageOf(error), error))
      else done(keyOf(core) ? null : failed('it has no key of 32 bytes'))
    }
    try {
      if (!core.ready) return settle()
      const promise = core.ready(settle) as { then?: unknown } | undefined
      if (typeof promise?.then !== 'function') return
      Promise.resolve(promise).then(
        () => settle(),
        (error) => settle(error ?? 'it rejected'),
      )
    } catch (error) {
      settle(error ?? 'it threw')
    }
  }

  /** Runs `task` until it resolves, or has taken too long (ERR_CORE_FAILED). */
  limited(task: (resolve: () => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const wait = this.begin((error) => (error ? reject(error) : resolve()))
      if (wait) task(() => this.forget(wait) && resolve())
    })
  }

  stop() {
    this.stopped = true
    this.waits.clear()
    this.rest()
  }

  private begin(done: Done): Wait | null {
    if (this.stopped) return null
    const wait = { until: performance.now() + this.timeout, done }
    this.waits.add(wait)
    this.watch()
    return wait
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
      wait.done(failed(`it was not ready within ${this.timeout} ms.`))
    }
    this.watch()
  }

  private rest() {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }
}

function failed(why: string, cause?: unknown): Replic8Error {
  return new Replic8Error('ERR_CORE_FAILED', `A core could not be opened: ${why}`, { cause })
}
