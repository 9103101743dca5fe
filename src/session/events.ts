import type { Replic8Error } from '../errors.ts'
import type { Direction } from '../negotiation/events.ts'
import type { Header } from '../wire/messages.ts'
import type { AcceptHandler } from './accept.ts'
import type { Core } from './core.ts'
import type { Session } from './session.ts'
import type { Share } from './share.ts'

/** What a session tells. `namespace` is null for offers without one. */
export interface SessionEvents {
  /** The peer proved that it holds the key. */
  open: () => void
  /** The peer offers feeds: answer by `accept`. */
  advertise: AcceptHandler
  /** Both sides agreed on a feed; once an agreement. 'in': this side downloads. */
  replicate: (core: Core, info: { key: Buffer; namespace: string | null; direction: Direction }) => void
  /** In blocks; `bytes` of payload received on this session. At most 10 a second a feed, always a last one. */
  progress: (info: {
    key: Buffer
    namespace: string | null
    have: number
    want: number
    bytes: number
  }) => void
  /** A feed became caught up, in all its agreements. */
  sync: (key: Buffer) => void
  /** The peer gave a feed that it offers a new header. */
  update: (info: { key: Buffer; namespace: string | null; header: Readonly<Header> }) => void
  /** The peer took an offer back. */
  withdraw: (info: { key: Buffer; namespace: string | null }) => void
  /** Something was contained: one feed, page or handler failed, and the session goes on. */
  problem: (error: Replic8Error, where: { key?: Buffer; namespace?: string | null }) => void
  /** The session is over. Once. */
  close: (error?: Error) => void
}

export type EventHandler<E extends keyof SessionEvents> = SessionEvents[E]

type Headers = object | readonly (object | undefined)[]

/** A session's methods, bound to one namespace. */
export interface SessionNamespace {
  share(cores: Core | readonly Core[], headers?: Headers): Share
  unshare(cores: Core | readonly Core[]): void
  update(core: Core, header: object): void
  on<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): SessionNamespace
  once<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): SessionNamespace
  off<E extends keyof SessionEvents>(event: E, handler: EventHandler<E>): SessionNamespace
}

export function bindNamespace(session: Session, name: string): SessionNamespace {
  const bound: SessionNamespace = {
    share: (cores, headers) => session.share(name, cores, headers),
    unshare: (cores) => session.unshare(name, cores),
    update: (core, header) => session.update(name, core, header),
    on(event, handler) {
      session.on(name, event, handler)
      return bound
    },
    once(event, handler) {
      session.once(name, event, handler)
      return bound
    },
    off(event, handler) {
      session.off(name, event, handler)
      return bound
    },
  }
  return bound
}
