import { Replic8Error, toReplic8Error } from '../errors.ts'

/** What an error of hypercore-protocol means for the session; `shaken`: the handshake is over. */
export function engineError(error: Error, shaken: boolean): Replic8Error {
  if (error instanceof Replic8Error) return error
  if (error.message === 'ETIMEDOUT')
    return new Replic8Error('ERR_TIMEOUT', 'The peer was silent for too long.')
  if (!shaken) return new Replic8Error('ERR_HANDSHAKE', undefined, { cause: error })
  if (/capability/.test(error.message))
    return new Replic8Error('ERR_KEY_MISMATCH', undefined, { cause: error })
  return toReplic8Error(error, 'ERR_PROTOCOL')
}
