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
  return roomOf(location.hash)
}

/** The key at the end of an invitation, in lower case: a whole link, its fragment, or the key alone. */
export function roomOf(invitation: string): string | null {
  return /(?:^|#)([0-9a-f]{64})$/i.exec(invitation.trim())?.[1]?.toLowerCase() ?? null
}

/** Leaves for another room; the key stays in the fragment. */
export function moveTo(room: string) {
  location.hash = room
}
