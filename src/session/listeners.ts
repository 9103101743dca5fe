import { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'

// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own; session.ts types them.
export type Handler = (...args: any[]) => unknown

/** Events whose handlers belong to a namespace: `on('chat', 'advertise', …)` hears only of offers in 'chat'. */
const scoped = new Set(['advertise', 'replicate', 'progress', 'update', 'withdraw'])

/** The others. 'session' and 'core' are a replicator's. */
const unscoped = new Set(['open', 'sync', 'problem', 'close', 'session', 'core'])

const everyNamespace = '*'
const none = null
const nobody: Handler[] = []

/** The event handlers of a session, by namespace. */
export class Listeners {
  private readonly handlers = new Map<Namespace, Map<string, Handler[]>>()
  /** Events that somebody has asked for: most are told to nobody, and several for each feed. */
  private readonly heard = new Set<string>()
  private readonly originals = new WeakMap<Handler, Handler>()

  add(namespace: Namespace, event: string, handler: Handler) {
    const isPlace = namespace === null || typeof namespace === 'string'
    if (!isPlace || typeof handler !== 'function') {
      const detail = 'on takes an event and a handler, with a namespace before them if any.'
      throw new Replic8Error('ERR_BAD_ARGUMENT', detail)
    }
    if (!scoped.has(event) && !unscoped.has(event)) {
      throw new Replic8Error('ERR_BAD_ARGUMENT', `There is no event "${event}".`)
    }
    const events = this.handlers.get(namespace) ?? new Map<string, Handler[]>()
    this.handlers.set(namespace, events)
    events.set(event, [...(events.get(event) ?? []), handler])
    this.heard.add(event)
  }

  addOnce(namespace: Namespace, event: string, handler: Handler) {
    const once: Handler = (...args) => {
      this.remove(namespace, event, once)
      return handler(...args)
    }
    this.originals.set(once, handler)
    this.add(namespace, event, once)
  }

  remove(namespace: Namespace, event: string, handler: Handler) {
    const events = this.handlers.get(namespace)
    const all = events?.get(event)
    const index = all?.findIndex((one) => one === handler || this.originals.get(one) === handler) ?? -1
    if (!events || !all || index < 0) return
    const rest = all.toSpliced(index, 1)
    if (rest.length > 0) events.set(event, rest)
    else events.delete(event)
  }

  /** Whether anybody may hear of an event: what it would tell need not be made otherwise. */
  hear(event: string): boolean {
    return this.heard.has(event)
  }

  /** The handlers that hear of an event: those of its namespace, and those of every namespace. */
  of(event: string, namespace: Namespace = none): Handler[] {
    if (!this.heard.has(event)) return nobody
    const scope = scoped.has(event) ? namespace : none
    const own = scope === everyNamespace ? [] : (this.handlers.get(scope)?.get(event) ?? [])
    const every = this.handlers.get(everyNamespace)?.get(event) ?? []
    // A problem is told to everybody, and once more to those who asked for its namespace.
    const extra =
      event === 'problem' && namespace !== none && namespace !== everyNamespace
        ? (this.handlers.get(namespace)?.get(event) ?? [])
        : []
    return [...own, ...extra, ...every]
  }

  clear() {
    this.handlers.clear()
    this.heard.clear()
  }
}

/** Sorts out the arguments of `on([namespace], event, handler)`. */
export function listenerArguments(args: unknown[]): [Namespace, string, Handler] {
  const [first, second, third] = args
  if (typeof second === 'function') return [null, first as string, second as Handler]
  return [first as Namespace, second as string, third as Handler]
}
