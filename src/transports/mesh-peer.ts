/** `asking`: it was said that there is a place, and an offer or an answer is awaited. `leaving`: it was retired. */
export type Place = 'none' | 'asking' | 'calling' | 'open' | 'leaving'

export interface MeshPeer {
  place: Place
  /** The signal shows it. */
  seen: boolean
  /** It does not answer, or the connection was closed on purpose: until something is heard of it, it is not there. */
  aside: boolean
  /** It has no place for this end: it speaks next. */
  refused: boolean
  /** There was no place for it here: this end speaks next. */
  owed: boolean
  /** The same at both ends, and like chance otherwise: who would rather be connected with whom. */
  weight: number
}

export function newMeshPeer(own: string, id: string): MeshPeer {
  const weight = weightOf(own, id)
  return { place: 'none', seen: true, aside: false, refused: false, owed: false, weight }
}

/** It may be asked: nothing is under way with it, and it is not its turn to speak. */
export function isFree({ place, aside, refused, owed }: MeshPeer): boolean {
  return place === 'none' && !aside && (!refused || owed)
}

/** From 0 to 1, the same for both ends. FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function weightOf(one: string, other: string): number {
  const text = one < other ? one + other : other + one
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0) / 2 ** 32
}
