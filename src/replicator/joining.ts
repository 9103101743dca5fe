import type { Connection, Transport } from '../connection.ts'
import { toReplic8Error } from '../errors.ts'
import type { Session } from '../session/session.ts'

/** What `join` gives back. */
export interface Joined {
  /** Ends the sessions that the transport brought, and stops it. */
  leave(): Promise<void>
  /** The open sessions that the transport has brought. */
  readonly peers: readonly Session[]
}

export interface JoinHooks {
  topic: Uint8Array
  publicKey(): Promise<Uint8Array>
  connect(connection: Connection): Session
  onproblem(error: Error): void
}

/** Takes every connection that a transport makes, until it is left. */
export function join(transport: Transport, hooks: JoinHooks): Joined {
  const sessions = new Set<Session>()
  let left: Promise<void> | null = null

  const onconnection = (connection: Connection) => {
    if (left) return connection.close()
    const session = hooks.connect(connection)
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  }
  const start = async () => {
    const publicKey = await hooks.publicKey()
    if (left) return false
    await transport.start({ topic: hooks.topic, publicKey, onconnection, onproblem: hooks.onproblem })
    return true
  }
  const started = start().catch((error) => {
    hooks.onproblem(toReplic8Error(error, 'ERR_CONNECTION'))
    return false
  })
  const leave = async () => {
    for (const session of sessions) session.end()
    await Promise.all([...sessions].map((session) => session.closed.catch(() => {})))
    if (await started) await transport.stop()
  }
  return {
    get peers() {
      return [...sessions].filter((session) => session.isOpen)
    },
    leave() {
      left ??= leave()
      return left
    },
  }
}
