import { seeded } from '../simulation/random.ts'

export const entryBytes = 100

/** Entries of random bytes, which nothing compresses; the same for the same seed. */
export function entriesOf(seed: number): (index: number) => Uint8Array {
  const entries: Uint8Array[] = []
  const random = seeded(seed)
  return (index) => {
    while (entries.length <= index)
      entries.push(Uint8Array.from({ length: entryBytes }, () => random() * 256))
    return entries[index] as Uint8Array
  }
}
