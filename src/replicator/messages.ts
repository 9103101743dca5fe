import { type Extension, type ExtensionHandlers, Extensions } from '../session/extensions.ts'
import type { Session } from '../session/session.ts'
import { Lanes, type Letter } from './lanes.ts'

/** Messages of the application, for all sessions. */
export interface ReplicatorExtension<T> {
  /** Sends to the peer of a session; to one that is not there any more, nothing. Errors: ERR_BAD_ARGUMENT. */
  send(message: T, session: Session): void
  /** Sends to every peer, once. Errors: ERR_BAD_ARGUMENT. */
  broadcast(message: T): void
  /** Hears nothing more, of any peer; the name is free again. */
  destroy(): void
}

interface Registered {
  name: string
  bySession: Map<Session, Extension>
}

/** Registers the application's messages on every session, also on those that come later. */
export class Messages {
  private readonly registered = new Set<Registered>()
  private readonly sessions = new Set<Session>()
  private readonly lanes = new Lanes()
  /** Turns messages into bytes and back; the sessions carry bytes. */
  private readonly extensions: Extensions
  private encoded: Buffer = Buffer.alloc(0)

  /**
   * @param messageBytes a session's limit
   * @param reserved names that the sessions have by themselves
   */
  constructor(messageBytes: number, reserved: readonly string[]) {
    this.extensions = new Extensions(messageBytes, (_name, payload) => {
      this.encoded = payload
    })
    for (const name of reserved) this.extensions.add(name)
  }

  register<T>(name: string, handlers: ExtensionHandlers<T> = {}): ReplicatorExtension<T> {
    const codec = this.extensions.add(name, handlers)
    const entry: Registered = { name, bySession: new Map() }
    this.registered.add(entry)
    for (const session of this.sessions) this.addTo(session, entry)
    const letterOf = (message: T): Letter => {
      codec.send(message)
      const payload = this.encoded
      return { send: (session) => entry.bySession.get(session)?.send(payload) }
    }
    return {
      send: (message, session) => this.lanes.send(letterOf(message), session),
      broadcast: (message) => this.lanes.broadcast(letterOf(message)),
      destroy: () => {
        if (!this.registered.delete(entry)) return
        codec.destroy()
        for (const extension of entry.bySession.values()) extension.destroy()
        entry.bySession.clear()
      },
    }
  }

  /** A session is made. */
  add(session: Session) {
    this.sessions.add(session)
    for (const entry of this.registered) this.addTo(session, entry)
    this.lanes.add(session)
  }

  /** A session is open: what was sent until now goes out. */
  open(session: Session) {
    this.lanes.open(session)
  }

  remove(session: Session) {
    this.sessions.delete(session)
    for (const { bySession } of this.registered) bySession.delete(session)
    this.lanes.remove(session)
  }

  private addTo(session: Session, { name, bySession }: Registered) {
    const onmessage = (payload: Buffer) => this.extensions.receive(name, payload, session)
    bySession.set(session, session.registerExtension(name, { onmessage }))
  }
}
