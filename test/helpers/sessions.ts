import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { SessionOptions } from '../../src/session/options.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'

export const encryptionKey = Buffer.alloc(32, 7)
export const otherKey = Buffer.alloc(32, 8)

/** How a session ended: 'clean', or the code of its error. */
export function outcome(session: Session): Promise<string> {
  return session.closed.then(
    () => 'clean',
    (error) => error.code ?? String(error),
  )
}

export function outcomes(...sessions: Session[]): Promise<string[]> {
  return Promise.all(sessions.map(outcome))
}

/** Two sessions of one key, not connected yet. */
export function sessions(a: SessionOptions = {}, b: SessionOptions = {}): [Session, Session] {
  return [replic8(encryptionKey, a), replic8(encryptionKey, b)]
}

/** Two sessions of one key, connected in memory and open. */
export async function openSessions(
  a: SessionOptions = {},
  b: SessionOptions = {},
): Promise<[Session, Session]> {
  const pair = sessions(a, b)
  pair[0].pipe(pair[1].stream)
  await Promise.all(pair.map((session) => session.opened))
  return pair
}

/** The two ends of a TCP connection over loopback. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection')
  const near = connect(port, '127.0.0.1')
  await once(near, 'connect')
  const [far] = (await accepted) as [Socket]
  server.close()
  return [near, far]
}

/** Sends a message over a live pair and back: the sessions work. */
export async function expectAlive(a: Session, b: Session) {
  const name = `alive ${Math.random()}`
  await new Promise<void>((resolve) => {
    const back = b.registerExtension(name, { onmessage: (message: Buffer) => back.send(message) })
    a.registerExtension(name, { onmessage: () => resolve() }).send(Buffer.from('there?'))
  })
}

/** Hears of errors that nobody took, which would end a process. */
export function uncaughtErrors(): { errors: unknown[]; stop(): void } {
  const errors: unknown[] = []
  const hear = (error: unknown) => errors.push(error)
  process.on('uncaughtException', hear)
  process.on('unhandledRejection', hear)
  return {
    errors,
    stop() {
      process.off('uncaughtException', hear)
      process.off('unhandledRejection', hear)
    },
  }
}

/** A turn of the event loop: what was under way in memory has happened. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
