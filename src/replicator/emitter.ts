import { messageOf, Replic8Error } from '../errors.ts'
import { type Handler, Listeners } from '../session/listeners.ts'
import type { ReplicatorEvents } from './events.ts'

type Event = keyof ReplicatorEvents

/** Tells the application; what one of its handlers throws, or rejects with, is a problem, and costs nobody else. */
export class Emitter {
  private readonly listeners = new Listeners()

  on(event: string, handler: Handler) {
    this.listeners.add('*', event, handler)
  }

  once(event: string, handler: Handler) {
    this.listeners.addOnce('*', event, handler)
  }

  off(event: string, handler: Handler) {
    this.listeners.remove('*', event, handler)
  }

  /** The handlers of an event. */
  of(event: Event): Handler[] {
    return this.listeners.of(event, '*')
  }

  /** Calls the handlers. Resolves when those that gave a promise are done. */
  async emit(event: Event, ...args: unknown[]): Promise<void> {
    const running: unknown[] = []
    for (const handler of this.of(event)) {
      try {
        const result = handler(...args) as { then?: unknown } | undefined
        if (typeof result?.then === 'function')
          running.push(Promise.resolve(result).catch((error) => this.fail(event, error)))
      } catch (error) {
        this.fail(event, error)
      }
    }
    await Promise.all(running)
  }

  clear() {
    this.listeners.clear()
  }

  private fail(event: Event, error: unknown) {
    // A handler of problems that fails is not told to itself.
    if (event === 'problem') return
    void this.emit('problem', new Replic8Error('ERR_HANDLER_FAILED', messageOf(error), { cause: error }), {})
  }
}
