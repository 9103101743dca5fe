/**
 * Every error that replic8 makes: one class, a stable `code`, a sentence that says what to do.
 * The table is the single place where a code and its sentence are written; docs/ERRORS.md is checked against it.
 */
export const errorCodes = {
  ERR_BAD_KEY: 'The encryption key must be 32 bytes or 64 hex digits; make one with randomKey().',
  ERR_BAD_OPTION: 'An option has a value that cannot work; the message names it.',
  ERR_BAD_ARGUMENT: 'A method was called with something it cannot take; the message says what it takes.',
  ERR_KEY_MISMATCH: 'The peer does not hold the same encryption key; compare the keys of both ends.',
  ERR_HANDSHAKE: 'What arrived is not a replic8 handshake; check that the other end speaks replic8.',
  ERR_HANDSHAKE_TIMEOUT:
    'The peer did not finish the handshake in time; check the connection, or raise handshakeTimeout.',
  ERR_ROLE_CONFLICT:
    'Both ends were given the same initiator option; leave it out, or set it to opposite values.',
  ERR_UNSUPPORTED_VERSION: 'The peer speaks another version of the protocol; update the older end.',
  ERR_TIMEOUT: 'Nothing was heard from the peer, or what was awaited did not happen in time.',
  ERR_TAMPERED: 'A control message was changed, dropped, repeated or reordered on its way; connect again.',
  ERR_TRUNCATED: 'The connection stopped without a goodbye; connect again, replication goes on where it was.',
  ERR_PROTOCOL: 'The peer broke the protocol; update the older end.',
  ERR_INVALID_PROOF: 'The peer sent a block whose proof does not match the feed; do not trust this peer.',
  ERR_CLOSED: 'The session is over; open a new one.',
  ERR_PEER_REFUSED: 'The peer ended the session and gave a reason; see error.reason.',
  ERR_OFFER_TOO_LARGE: 'An offer is larger than the limits allow; send smaller headers, or raise the limit.',
  ERR_TOO_MANY_OFFERS: 'More pages of offers are unanswered than offersOutstanding allows.',
  ERR_TOO_MANY_CHANNELS: 'The peer opened more channels than the limit "channels" allows.',
  ERR_TOO_MANY_MESSAGES: 'The peer sent more control messages a second than controlPerSecond allows.',
  ERR_TOO_MUCH_QUEUED: 'The peer asked for far more than it takes; it was cut off to save memory.',
  ERR_BAD_HEADER:
    'A header must be a plain JSON object within headerBytes and headerDepth, without __proto__ or constructor.',
  ERR_NOT_OFFERED: 'The key was not offered, so it cannot be accepted or waited for.',
  ERR_DECLINED: 'The peer declined the feed.',
  ERR_WITHDRAWN: 'The offer was withdrawn.',
  ERR_ACCEPT_TIMEOUT: 'The accept handler did not answer within acceptTimeout; the offer was declined.',
  ERR_ACCEPT_FAILED: 'The accept handler threw or rejected; its page was declined.',
  ERR_HANDLER_FAILED: 'An event handler threw; the session goes on.',
  ERR_CORE_FAILED: 'A core could not be opened or its storage failed; the other feeds go on.',
  ERR_CORE_CLOSED: 'A core was closed while it replicated; the other feeds go on.',
  ERR_REQUEST_TIMEOUT:
    'The peer did not answer a request for a block in time; the feed was closed, the others go on.',
  ERR_STORE_FAILED: 'A core store threw; it cost the feed that it was asked about.',
  ERR_STORE_TIMEOUT:
    'A core store gave no answer within storeTimeout; it cost the feed that it was asked about.',
  ERR_STREAM: 'The transport stream failed; see error.cause.',
  ERR_STORAGE: 'The storage failed; see error.cause.',
  ERR_STORAGE_LOCKED: 'Another tab or process has this core open; close it there first.',
  ERR_STORAGE_FULL: 'The storage is full; free some space, the blocks stored so far are kept.',
  ERR_NOT_FOUND: 'The storage holds nothing at this place.',
  ERR_CONNECTION: 'The connection to the peer failed; see error.cause.',
  ERR_RELAY: 'The peer could not be reached through the relay either; see error.cause.',
  ERR_OVER_QUOTA: 'A limit of the server is used up for now; wait, or ask who runs it for a higher one.',
  ERR_LISTEN: 'The server cannot listen there; choose another port or host.',
  ERR_NOT_INSTALLED: 'An optional package is missing; install it beside replic8.',
  ERR_SIGNAL: 'The signalling channel failed or sent something unusable; see error.cause.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** What a peer gave as its own reason; text from a peer, shown and never interpreted. */
export interface RemoteReason {
  code: string
  message: string
}

export interface ErrorOptions {
  /** What led to this error. */
  cause?: unknown
  /** The peer's own words, where it gave any. */
  reason?: RemoteReason
}

/** The root class of every error that replic8 makes. */
export class Replic8Error extends Error {
  readonly code: ErrorCode
  readonly reason?: RemoteReason

  /**
   * @param code one of {@link errorCodes}, stable across releases
   * @param detail what happened here; the code's own sentence, which says what to do, is put after it
   */
  constructor(code: ErrorCode, detail?: string, options: ErrorOptions = {}) {
    super(
      detail ? `${detail} ${errorCodes[code]}` : errorCodes[code],
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'Replic8Error'
    this.code = code
    if (options.reason) this.reason = options.reason
  }
}

/** Gives back an error of replic8 as it is; wraps anything else under `code`, with the original as its cause. */
export function toReplic8Error(error: unknown, code: ErrorCode): Replic8Error {
  if (error instanceof Replic8Error) return error
  return new Replic8Error(code, messageOf(error), { cause: error })
}

/** The message of anything that was thrown, as one sentence. */
export function messageOf(thrown: unknown): string {
  const text = textOf(thrown)
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

/** An object without a prototype has no text, and one of the application's may throw when it is asked. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'What was thrown has no text'
  }
}
