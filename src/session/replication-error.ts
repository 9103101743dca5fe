import { messageOf, Replic8Error } from '../errors.ts'

const invalidProof = /signature|checksum failed|Missing tree roots/

/** What an error of the engine means for the session, by its message: hypercore 9 gives no codes. */
export function replicationError(error: Error): Replic8Error {
  if (error instanceof Replic8Error) return error
  const { message } = error
  if (/^Remote|^Missing tree roots/.test(message) && invalidProof.test(message)) {
    return new Replic8Error('ERR_INVALID_PROOF', undefined, { cause: error })
  }
  if (message === 'Request timeout')
    return new Replic8Error('ERR_REQUEST_TIMEOUT', undefined, { cause: error })
  return new Replic8Error('ERR_CORE_FAILED', messageOf(error), { cause: error })
}
