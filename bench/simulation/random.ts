/** Gives numbers from 0 to 1. */
export type Random = () => number

/** The same numbers for the same seed, everywhere. Source: mulberry32, Tommy Ettinger, 2017 (public domain). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 to below `count`. */
export function below(random: Random, count: number): number {
  return Math.floor(random() * count)
}

/** The numbers from 0 to below `count`, in any order. */
export function shuffled(random: Random, count: number): number[] {
  const list = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = below(random, i + 1)
    const last = list[i] as number
    list[i] = list[j] as number
    list[j] = last
  }
  return list
}
