import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { root } from './root.ts'

/** One figure, of each round; with what is compared, two figures of the same rounds. */
export interface Row {
  what: string
  unit: string
  replic8: number[]
  against?: string
  theirs?: number[]
  /** What the ratio has to be, and what would be better still. */
  goal?: Goal
}

/** Bounds of a ratio, or of the figure itself: what it has to be, and what is aimed at. */
export type Goal = { of?: 'figure' } & (
  | { atMost: [solid: number, aim: number] }
  | { atLeast: [solid: number, aim: number] }
)

/** Nothing where it was not measured; without a comparison where the other was not. */
export function row(
  what: string,
  unit: string,
  replic8: number[] | undefined,
  against: string,
  theirs: number[] | undefined,
  goal?: Goal,
): Row | undefined {
  if (!replic8) return undefined
  return { what, unit, replic8, ...(theirs ? { against, theirs } : {}), ...(goal ? { goal } : {}) }
}

/** What a benchmark gives. The page is made of it. */
export interface Result {
  rows: Row[]
  /** How it was done, as sentences: sizes, versions. */
  how: string[]
}

/** What a run leaves in bench/results. */
export interface Run extends Result {
  machine: Machine
  /** The day, as YYYY-MM-DD. */
  day: string
}

export interface RunOptions {
  /** Tiny sizes: whether it works, not how fast. */
  small: boolean
  /** Only these of what is compared. Default: all; with `small` replic8, so that nothing is installed. */
  systems?: string[]
  /** The sources in place of the built package. */
  sources: boolean
  /** Other sizes than the benchmark's own, by their names in it; `rounds` is one. */
  sizes?: Record<string, number>
  log(line: string): void
}

export interface Benchmark {
  /** As given to `npm run bench -- NAME`. */
  name: string
  title: string
  /** What is measured, for the page. */
  about: string
  run(options: RunOptions): Promise<Result>
}

const fileOf = (name: string) => join(root, 'bench', 'results', `${name}.json`)

export function writeRun(name: string, run: Run): void {
  mkdirSync(join(root, 'bench', 'results'), { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(rounded(run), null, 2)}\n`)
  // As everything that is committed.
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  spawnSync(process.execPath, [biome, 'format', '--write', fileOf(name)])
}

/** Four digits are more than a measurement holds. */
function rounded(run: Run): Run {
  const round = (values: number[]) => values.map((value) => Number(value.toPrecision(4)))
  const rows = run.rows.map((row) => ({
    ...row,
    replic8: round(row.replic8),
    ...(row.theirs ? { theirs: round(row.theirs) } : {}),
  }))
  return { ...run, rows }
}

export function readRun(name: string): Run | undefined {
  const file = fileOf(name)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}
