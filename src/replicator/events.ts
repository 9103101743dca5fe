import type { Replic8Error } from '../errors.ts'
import type { Core } from '../session/core.ts'
import type { SessionEvents } from '../session/events.ts'
import type { Session } from '../session/session.ts'

type WithSession<F extends (...args: never[]) => unknown> = (
  ...args: [...Parameters<F>, session: Session]
) => unknown

/** What a replicator tells: what a session tells, with the session behind it, and its own. */
export interface ReplicatorEvents {
  /** A session with a peer is open. */
  session: (session: Session) => void
  /** A core is held that was not before: taken from this peer. */
  core: (core: Core, info: { key: Buffer; namespace: string | null }, session: Session) => void
  advertise: WithSession<SessionEvents['advertise']>
  progress: WithSession<SessionEvents['progress']>
  sync: WithSession<SessionEvents['sync']>
  update: WithSession<SessionEvents['update']>
  withdraw: WithSession<SessionEvents['withdraw']>
  /** Something was contained. Without a session: a store or a transport. */
  problem: (
    error: Replic8Error,
    where: { key?: Buffer; namespace?: string | null },
    session?: Session,
  ) => void
  /** A session is over. */
  close: (error: Error | undefined, session: Session) => void
}

export type ReplicatorHandler<E extends keyof ReplicatorEvents> = ReplicatorEvents[E]
