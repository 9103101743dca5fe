import { toHexKey } from '../session/core.ts'
import type { CoreStore, FeedQuestion } from './core-store.ts'

/**
 * Only these feeds: others are neither taken nor offered.
 *
 * @param keys 32 bytes or 64 hex digits each. Errors: ERR_BAD_ARGUMENT.
 */
export function allow(keys: Iterable<Uint8Array | string>): CoreStore {
  const allowed = new Set([...keys].map(toHexKey))
  const isForeign = ({ key }: FeedQuestion) => !allowed.has(toHexKey(key))
  return { name: 'allow', reject: isForeign, hold: isForeign }
}
