import type { Extension, ExtensionHandlers } from '../session/extensions.ts'
import type { Session } from '../session/session.ts'

/** Messages of the application, for all sessions. */
export interface ReplicatorExtension<T> {
  /** Sends to one peer. Errors: ERR_BAD_ARGUMENT. */
  send(message: T, session: Session): void
  /** Sends to every peer. Errors: ERR_BAD_ARGUMENT. */
  broadcast(message: T): void
  destroy(): void
}

interface Registered<T> {
  name: string
  handlers: ExtensionHandlers<T>
  bySession: Map<Session, Extension<T>>
}

/** Registers the application's messages on every session, also on those that come later. */
export class Messages {
  // biome-ignore lint/suspicious/noExplicitAny: each extension has a message type of its own.
  private readonly registered = new Set<Registered<any>>()
  private readonly sessions = new Set<Session>()

  register<T>(name: string, handlers: ExtensionHandlers<T>): ReplicatorExtension<T> {
    const entry: Registered<T> = { name, handlers, bySession: new Map() }
    for (const session of this.sessions)
      entry.bySession.set(session, session.registerExtension(name, handlers))
    this.registered.add(entry)
    return {
      send: (message, session) => entry.bySession.get(session)?.send(message),
      broadcast: (message) => {
        for (const extension of entry.bySession.values()) extension.send(message)
      },
      destroy: () => {
        this.registered.delete(entry)
        for (const extension of entry.bySession.values()) extension.destroy()
      },
    }
  }

  add(session: Session) {
    this.sessions.add(session)
    for (const { name, handlers, bySession } of this.registered) {
      bySession.set(session, session.registerExtension(name, handlers))
    }
  }

  remove(session: Session) {
    this.sessions.delete(session)
    for (const { bySession } of this.registered) bySession.delete(session)
  }
}
