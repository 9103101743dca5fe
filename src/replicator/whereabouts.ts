import { type ExplanationCode, explanations } from '../negotiation/explain.ts'
import { toHexKey } from '../session/core.ts'
import type { Explanation, Session } from '../session/session.ts'

/** The most hopeful first; what is not named comes after, and "not offered" last. */
const ranking: ExplanationCode[] = [
  'replicating',
  'paused',
  'synced',
  'waiting-for-answer',
  'waiting-for-core',
  'queued',
  'declined',
]

/** Where a feed stands with the one of these peers that it stands best with. Errors: ERR_BAD_ARGUMENT. */
export function whereabouts(key: Uint8Array | string, sessions: readonly Session[]): Explanation {
  const hex = toHexKey(key)
  const answers = sessions.map((session) => session.why(hex))
  for (const code of ranking) {
    const answer = answers.find((one) => one.code === code)
    if (answer) return answer
  }
  const message = explanations['not-connected']
  const nowhere = { code: 'not-connected', message, key: Buffer.from(hex, 'hex'), namespace: null } as const
  return answers.find(({ code }) => code !== 'not-offered') ?? answers[0] ?? nowhere
}

/** Whether a session is with a peer: itself, or by its static Noise key. */
export function isWith(session: Session, peer: Session | Uint8Array): boolean {
  return peer instanceof Uint8Array ? session.remotePublicKey?.equals(peer) === true : session === peer
}
