import { randomKey } from '../src/entry/index.ts'

/**
 * The room that the address names: its fragment is the encryption key, which no server ever sees. Without a fragment
 * a new key is made. Gives null for a fragment that is no key.
 */
export function enterRoom(): string | null {
  const fragment = location.hash.slice(1)
  if (fragment === '') history.replaceState(null, '', `#${randomKey().toString('hex')}`)
  // Another key is another room, with other profiles and other feeds: begin anew.
  addEventListener('hashchange', () => location.reload())
  const key = location.hash.slice(1).toLowerCase()
  return /^[0-9a-f]{64}$/.test(key) ? key : null
}
