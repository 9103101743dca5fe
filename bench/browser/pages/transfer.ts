/** What the pages of both systems do with a core once it is there: the same code for both. */
import { assertBlock, blockOf, now, promised } from './serve.ts'

type Callback<T> = (error: Error | null, value: T) => void

/** A hypercore of either system, as far as it is used here. */
export interface BenchCore {
  readonly key: Uint8Array
  ready(done: Callback<unknown>): void
  append(blocks: Uint8Array | Uint8Array[], done: Callback<unknown>): void
  get(index: number, done: Callback<Uint8Array>): unknown
  on(event: 'download', listener: () => void): unknown
}

export interface Size {
  blocks: number
  blockBytes: number
}

/** Bytes appended at a time. */
const batchBytes = 1_048_576

export async function fill(
  core: BenchCore,
  { blocks, blockBytes }: Size,
  from: (bytes: Uint8Array) => Uint8Array,
) {
  const batch = Math.max(1, Math.floor(batchBytes / blockBytes))
  for (let start = 0; start < blocks; start += batch) {
    const length = Math.min(batch, blocks - start)
    const some = Array.from({ length }, (_, i) => from(blockOf(start + i, blockBytes)))
    await promised((done) => core.append(some, done))
  }
}

/** How many blocks have arrived and are stored, which is when hypercore says so. */
export class Arrivals {
  readonly #wanted: number
  #count = 0
  #last = 0
  #all: (at: number) => void = () => {}
  /** When all had arrived. */
  readonly all: Promise<number>

  constructor(core: BenchCore, wanted: number) {
    this.#wanted = wanted
    this.all = new Promise((resolve) => {
      this.#all = resolve
    })
    core.on('download', () => this.#add())
  }

  /** All that have arrived, or what had after so many milliseconds. */
  async within(ms: number): Promise<{ blocks: number; at: number }> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, ms))
    await Promise.race([this.all, late])
    return { blocks: this.#count, at: this.#last }
  }

  #add() {
    this.#last = now()
    if (++this.#count === this.#wanted) this.#all(this.#last)
  }
}

export async function check(core: BenchCore, { blocks, blockBytes }: Size): Promise<void> {
  for (const index of [0, blocks >> 1, blocks - 1]) {
    const block = await promised<Uint8Array>((done) => core.get(index, done))
    assertBlock(block, index, blockBytes)
  }
}

/**
 * One end appends a block, the other, as soon as it has it, appends one of its own.
 * Gives milliseconds from an append to the far `get`: half of a round trip.
 */
export async function rally(
  mine: BenchCore,
  theirs: BenchCore,
  from: (bytes: Uint8Array) => Uint8Array,
  options: { first: boolean; start: number; times: number },
): Promise<number> {
  const { first, start, times } = options
  const play = () => promised((done) => mine.append(from(blockOf(0, 1_024)), done))
  const began = performance.now()
  for (let i = start; i < start + times; i++) {
    const answer = promised((done) => theirs.get(i, done))
    if (first) await play()
    await answer
    if (!first) await play()
  }
  return (performance.now() - began) / times / 2
}
