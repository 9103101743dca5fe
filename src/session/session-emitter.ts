import { messageOf, Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { EventHandler, SessionEvents } from './events.ts'
import { Listeners, listenerArguments } from './listeners.ts'

/** The events of a session, and who hears of them. */
export abstract class SessionEmitter {
  protected readonly listeners = new Listeners()

  /** Hears of an event: `on([namespace], event, handler)`; '*' is every namespace. */
  on<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): this
  on<E extends keyof SessionEvents>(namespace: string | null, event: E, handler: EventHandler<E>): this
  on(...args: unknown[]): this {
    this.listeners.add(...listenerArguments(args))
    return this
  }

  /** As `on`, for the next time only. */
  once<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): this
  once<E extends keyof SessionEvents>(namespace: string | null, event: E, handler: EventHandler<E>): this
  once(...args: unknown[]): this {
    this.listeners.addOnce(...listenerArguments(args))
    return this
  }

  /** Takes a handler of `on` or `once` back. */
  off<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): this
  off<E extends keyof SessionEvents>(namespace: string | null, event: E, handler: EventHandler<E>): this
  off(...args: unknown[]): this {
    this.listeners.remove(...listenerArguments(args))
    return this
  }

  protected problem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }) {
    this.emit('problem', where.namespace ?? null, error, where)
  }

  /** Calls the handlers of an event; what one of them throws, or rejects with, is a problem, and costs nobody else. */
  protected emit(event: keyof SessionEvents, namespace: Namespace, ...args: unknown[]) {
    const handlers = this.listeners.of(event, namespace)
    if (handlers.length === 0) return
    const fail = (error: unknown) => {
      // A handler of problems that fails is not told to itself.
      if (event === 'problem') return
      this.problem(new Replic8Error('ERR_HANDLER_FAILED', messageOf(error), { cause: error }), { namespace })
    }
    for (const handler of handlers) {
      try {
        const result = handler(...args) as { then?: unknown } | undefined
        if (typeof result?.then === 'function') Promise.resolve(result).catch(fail)
      } catch (error) {
        fail(error)
      }
    }
  }
}
