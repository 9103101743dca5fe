import { type Extension, type ExtensionHandlers, Extensions } from '../session/extensions.ts'
import type { Session } from '../session/session.ts'

/** Messages of the application, for all sessions. */
export interface ReplicatorExtension<T> {
  /** Sends to one peer; to one whose session is over, nothing. Errors: ERR_BAD_ARGUMENT. */
  send(message: T, session: Session): void
  /** Sends to every peer. Errors: ERR_BAD_ARGUMENT. */
  broadcast(message: T): void
  /** Hears nothing more, of any peer; the name is free again. */
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
  /** Checks names and encodings, also while there is no session that would. */
  private readonly names: Extensions

  /**
   * @param messageBytes a session's limit
   * @param reserved names that the sessions have by themselves
   */
  constructor(messageBytes: number, reserved: readonly string[]) {
    this.names = new Extensions(messageBytes, () => {})
    for (const name of reserved) this.names.add(name)
  }

  register<T>(name: string, handlers: ExtensionHandlers<T> = {}): ReplicatorExtension<T> {
    const checked = this.names.add(name, handlers)
    const entry: Registered<T> = { name, handlers, bySession: new Map() }
    this.registered.add(entry)
    for (const session of this.sessions)
      entry.bySession.set(session, session.registerExtension(name, handlers))
    return {
      send: (message, session) => entry.bySession.get(session)?.send(message),
      broadcast: (message) => {
        checked.send(message)
        for (const extension of entry.bySession.values()) extension.send(message)
      },
      destroy: () => {
        if (!this.registered.delete(entry)) return
        checked.destroy()
        for (const extension of entry.bySession.values()) extension.destroy()
        entry.bySession.clear()
      },
    }
  }

  add(session: Session) {
    this.sessions.add(session)
    for (const { name, handlers, bySession } of this.registered)
      bySession.set(session, session.registerExtension(name, handlers))
  }

  remove(session: Session) {
    this.sessions.delete(session)
    for (const { bySession } of this.registered) bySession.delete(session)
  }
}
