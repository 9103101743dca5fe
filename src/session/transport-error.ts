import { messageOf, Replic8Error } from '../errors.ts'

/** The error for a transport that failed; without one it just stopped. */
export function transportError(error?: unknown): Replic8Error {
  if (error === undefined || error === null) return new Replic8Error('ERR_TRUNCATED')
  return new Replic8Error('ERR_STREAM', messageOf(error), { cause: error })
}
