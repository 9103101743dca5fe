import { messageOf, Replic8Error } from '../errors.ts'
import { type Core, keyHex } from './core.ts'

/** Waits for cores to open, for so long at most. The end of the session ends every wait, and settles none. */
export class Opener {
  private readonly timeout: number
  private readonly timers = new Set<ReturnType<typeof setTimeout>>()
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
        else if (keyHex(core)) resolve()
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
      const settle = (action: () => void) => {
        if (!this.timers.delete(timer)) return
        clearTimeout(timer)
        action()
      }
      const timer = setTimeout(() => settle(() => reject(this.tooLate())), this.timeout)
      if (this.stopped) return clearTimeout(timer)
      this.timers.add(timer)
      task(
        () => settle(resolve),
        (error) => settle(() => reject(error)),
      )
    })
  }

  stop() {
    this.stopped = true
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
  }

  private tooLate(): Replic8Error {
    return new Replic8Error(
      'ERR_CORE_FAILED',
      `A core could not be opened: it was not ready within ${this.timeout} ms.`,
    )
  }
}
