import { randomBytes } from 'node:crypto'
import { now } from '../harness/clock.ts'
import { serve } from '../harness/serve.ts'
import type { MakeStar, Star } from './network.ts'
import { replic8 } from './replic8.ts'
import { handWired, multifeed6 } from './stock.ts'

const systems = { replic8, 'multifeed 6': multifeed6, 'stock hand-wired': handWired }

export type SystemName = keyof typeof systems

let star: Star
let written: Uint8Array[] = []

serve({
  async open(system: SystemName, leaves: number) {
    const make: MakeStar = systems[system]
    star = await make(leaves)
  },
  /** Milliseconds that each of so many new feeds takes to all others. */
  newFeeds: (count: number) =>
    timed(count, (block) => {
      written = [block]
      return star.newFeed(block)
    }),
  /** Milliseconds that each of so many appends takes to all others. */
  appends: (count: number) =>
    timed(count, (block) => {
      written.push(block)
      return star.append(block)
    }),
  /** Throws when a leaf has something else than what was written to the last feed. */
  async verify() {
    const expected = Buffer.concat(written)
    for (const blocks of await star.read())
      if (!Buffer.concat(blocks).equals(expected))
        throw new Error('A leaf has something else than was written.')
  },
})

async function timed(count: number, act: (block: Uint8Array) => Promise<void>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const block = randomBytes(100)
    const start = now()
    await act(block)
    times.push(now() - start)
    // What is still under way is not the next one's matter.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return times
}
