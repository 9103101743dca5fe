/** Runs of numbers: each as the gap before it and its length. */
import { maxFeedsPerPage } from './limits.ts'
import type { Run } from './messages.ts'
import { malformed, type Reader } from './reader.ts'
import { unencodable, type Writer } from './writer.ts'

/** How many numbers there are in runs. */
export function countOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0)
}

/** Ascending numbers as runs. */
export function runsOf(numbers: readonly number[]): Run[] {
  const runs: Run[] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last && last.from + last.count === number) last.count++
    else runs.push({ from: number, count: 1 })
  }
  return runs
}

/** Writes runs that ascend and do not touch each other, of at most as many numbers as a page has feeds. */
export function writeRuns(to: Writer, runs: readonly Run[]): void {
  if (countOf(runs) > maxFeedsPerPage) unencodable(`Runs have ${countOf(runs)} numbers.`)
  to.varint(runs.length)
  let next = 0
  for (const { from, count } of runs) {
    to.varint(from - next)
    to.varint(count - 1)
    // Two runs that touch are one.
    next = from + count + 1
  }
}

export function readRuns(from: Reader): Run[] {
  const length = from.count(2)
  const runs: Run[] = []
  for (let next = 0, total = 0; runs.length < length; ) {
    const run = { from: next + from.varint(), count: 1 + from.varint() }
    next = run.from + run.count + 1
    total += run.count
    if (!Number.isSafeInteger(next)) malformed('A number of a run is over 2^53 - 1.')
    if (total > maxFeedsPerPage) malformed(`Runs have at most ${maxFeedsPerPage} numbers.`)
    runs.push(run)
  }
  return runs
}
