/** What cores have: a number of blocks for each feed of a core, in the core's order. */

/** Whether two cores have the same lengths. */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((length, i) => length === b[i]))
}

/** Whether cores of the lengths `have` hold all of cores of the lengths `want`. */
export function covers(have: readonly number[] | null, want: readonly number[]): boolean {
  if (have === null) return false
  for (let i = 0; i < want.length; i++) if ((have[i] ?? 0) < (want[i] as number)) return false
  return true
}

/** What is left of `lengths` where no more than `most` is there; of a core that `most` does not speak of, all is. */
export function atMost(lengths: number[], most: readonly number[]): number[] {
  return lengths === most ? lengths : lengths.map((length, i) => Math.min(length, most[i] ?? length))
}

/** The larger of both lengths of each core. */
export function atLeast(lengths: number[], least: readonly number[] | null): number[] {
  if (!least || covers(lengths, least)) return lengths
  const [longer, shorter] = lengths.length < least.length ? [least, lengths] : [lengths, least]
  return longer.map((length, i) => Math.max(length, shorter[i] ?? 0))
}
