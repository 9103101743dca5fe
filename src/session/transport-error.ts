import { messageOf, Replic8Error } from '../errors.ts'

/** How Node, streamx, end-of-stream and sockets say that a connection stopped and had not ended. */
const stopped = [
  'PREMATURE_CLOSE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'STREAM_DESTROYED',
  'premature close',
  'ECONNRESET',
  'EPIPE',
]

/** The error for a transport that failed; without one it just stopped. */
export function transportError(error?: unknown): Replic8Error {
  if (error === undefined || error === null) return new Replic8Error('ERR_TRUNCATED')
  if (error instanceof Replic8Error && error.code === 'ERR_TRUNCATED') return error
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (stopped.includes(String(code)) || stopped.includes(String(message)))
    return new Replic8Error('ERR_TRUNCATED', undefined, { cause: error })
  return new Replic8Error('ERR_STREAM', messageOf(error), { cause: error })
}
