import type { Connection, Transport } from '../connection.ts'
import { type Replic8Error, toReplic8Error } from '../errors.ts'
import type { Session } from '../session/session.ts'

/** What `join` gives back. */
export interface Joined {
  /** Ends the sessions that the transport brought, and stops it. Never rejects: what fails is a `problem`. */
  leave(): Promise<void>
  /** The open sessions that the transport has brought. */
  readonly peers: readonly Session[]
}

export interface JoinHooks {
  topic: Uint8Array
  publicKey(): Promise<Uint8Array>
  connect(connection: Connection): Session
  onproblem(error: Replic8Error): void
}

/** Milliseconds that a peer has to say goodbye when we do. */
const goodbyeTime = 5000

/** Takes every connection that a transport makes, until it is left. */
export function join(transport: Transport, hooks: JoinHooks): Joined {
  const sessions = new Set<Session>()
  let isRunning = false
  let left: Promise<void> | null = null

  const fail = (error: unknown) => hooks.onproblem(toReplic8Error(error, 'ERR_CONNECTION'))
  const onconnection = (connection: Connection) => {
    if (left) return connection.close()
    const session = hooks.connect(connection)
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  }
  const start = async () => {
    const publicKey = await hooks.publicKey()
    if (left) return
    isRunning = true
    try {
      await transport.start({ topic: hooks.topic, publicKey, onconnection, onproblem: fail })
    } catch (error) {
      isRunning = false
      fail(error)
    }
  }
  const leave = async () => {
    await Promise.all([...sessions].map(endSession))
    // One that is still starting gives up; one that failed to start has nothing to stop.
    if (isRunning) await transport.stop()
  }
  start().catch(fail)
  return {
    get peers() {
      return [...sessions].filter((session) => session.isOpen)
    },
    leave() {
      left ??= leave().catch(fail)
      return left
    },
  }
}

/** Ends a session that is open gracefully, and another at once; resolves when it is over. */
export async function endSession(session: Session): Promise<void> {
  if (!session.isOpen) session.destroy()
  else session.end()
  const timer = setTimeout(() => session.destroy(), goodbyeTime)
  await session.closed.catch(() => {})
  clearTimeout(timer)
}
