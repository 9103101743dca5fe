import { messageOf, Replic8Error, toReplic8Error } from '../errors.ts'
import type { SessionOptions } from './options.ts'

type Authenticate = NonNullable<SessionOptions['onauthenticate']>

/**
 * The application's say about the peer's static key: the first answer counts, and whatever it throws is a refusal.
 * Errors, by `fail`: ERR_HANDSHAKE.
 */
export function authenticator(ask: Authenticate, fail: (error: Replic8Error) => void): Authenticate {
  return (remotePublicKey, done) => {
    let answered = false
    const answer = (error?: unknown) => {
      if (answered) return
      answered = true
      if (error) return fail(refused(error))
      try {
        done(null)
      } catch (late) {
        // The handshake is over: it took too long, or was given up.
        fail(toReplic8Error(late, 'ERR_HANDSHAKE'))
      }
    }
    try {
      const result = ask(remotePublicKey, answer) as { then?: unknown } | undefined
      if (typeof result?.then === 'function') Promise.resolve(result).catch((error) => answer(error ?? true))
    } catch (error) {
      answer(error ?? true)
    }
  }
}

function refused(error: unknown): Replic8Error {
  const detail = `onauthenticate refused the peer: ${error === true ? 'no reason given.' : messageOf(error)}`
  return new Replic8Error('ERR_HANDSHAKE', detail, { cause: error })
}
