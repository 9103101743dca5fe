import type { SessionOptions } from './options.ts'
import { Session } from './session.ts'

/**
 * Opens a session with one peer; `session.pipe(stream)` connects it.
 * Both ends may run the same code: which of them starts the handshake is settled between them.
 *
 * @param encryptionKey 32 bytes or 64 hex digits, the same at both ends
 * @throws ERR_BAD_KEY, ERR_BAD_OPTION
 */
export function replic8(encryptionKey: Uint8Array | string, options?: SessionOptions): Session {
  return new Session(encryptionKey, options)
}
