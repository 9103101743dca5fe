import type { RtcSignal } from './rtc-link.ts'

/**
 * What two ends tell each other through a signal. `attempt` names one try to connect, so that what belongs to an
 * earlier try is told apart.
 */
export type SignalMessage =
  | { type: 'signal'; attempt: string; signal: RtcSignal }
  /**
   * There is no place for a connection with the receiver, or none any more; it is asked when there is one. `attempt` is
   * the offer or the connection that this is about; left out: a `call`, or a connection by relay.
   */
  | { type: 'full'; attempt?: string }
  /** There is a place. From the end that is called: please make an offer. From the caller: is there one, too? */
  | { type: 'call' }
  /** The page of the sender is going away, and every connection with it. */
  | { type: 'bye' }

const limits = { attempt: 64, sdp: 65_536, candidate: 4_096, mid: 256 }

/** The message in what came through a signal, copied field by field; undefined for anything that is none. */
export function readSignalMessage(data: unknown): SignalMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { type, attempt, signal } = data as Record<string, unknown>
  if (type === 'call' || type === 'bye') return { type }
  if (type === 'full' && attempt === undefined) return { type }
  if (!isText(attempt, limits.attempt)) return undefined
  if (type === 'full') return { type, attempt }
  if (type !== 'signal') return undefined
  const read = readSignal(signal)
  return read && { type, attempt, signal: read }
}

function readSignal(data: unknown): RtcSignal | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { type, sdp, candidate } = data as Record<string, unknown>
  if (type === 'offer' || type === 'answer') return isText(sdp, limits.sdp) ? { type, sdp } : undefined
  return type === 'candidate' ? readCandidate(candidate) : undefined
}

function readCandidate(data: unknown): RtcSignal | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { candidate, sdpMid = null, sdpMLineIndex = null } = data as Record<string, unknown>
  if (!isText(candidate, limits.candidate)) return undefined
  if (sdpMid !== null && !isText(sdpMid, limits.mid)) return undefined
  if (sdpMLineIndex !== null && !isLineIndex(sdpMLineIndex)) return undefined
  return { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most
}

function isLineIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536
}
