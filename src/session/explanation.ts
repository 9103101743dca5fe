import { explain, explanations } from '../negotiation/explain.ts'
import type { State } from '../negotiation/state.ts'
import type { Cores } from './cores.ts'

/** Where a feed stands with a peer; docs/WHY.md has the codes. */
export interface Explanation {
  code: keyof typeof explanations
  /** One plain sentence. */
  message: string
  key: Buffer
  namespace: string | null
  /** Blocks that the accepting side has, where both sides agreed. */
  have?: number
  /** Blocks that the offering side has, where both sides agreed. */
  want?: number
}

/** What of a session is no matter of its negotiation. */
export interface Circumstances {
  connected: boolean
  /** Downloads are. */
  paused: boolean
}

export function explanationOf(
  hex: string,
  { connected, paused }: Circumstances,
  state: State,
  cores: Cores,
): Explanation {
  const { code: stand, namespace, offer } = explain(state, hex)
  const isIncoming = offer !== undefined && 'required' in offer
  const code = !connected
    ? 'not-connected'
    : paused && isIncoming && stand === 'replicating'
      ? 'paused'
      : stand
  const answer = { code, message: explanations[code], key: cores.keyOf(hex), namespace }
  if (offer?.status !== 'accepted') return answer
  if ('required' in offer) return { ...answer, ...cores.byKey.get(hex)?.download.progress() }
  return { ...answer, have: sum(offer.caughtUp ?? []), want: sum(offer.lengths) }
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0)
}
