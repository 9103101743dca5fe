/** Both ends in one page, over a pipe: what is left of a transfer where no channel carries it. The same code for both systems. */
import { type Functions, promised } from './serve.ts'
import { Arrivals, type BenchCore, check, fill, rally, type Size } from './transfer.ts'

/** A core at the end that writes it, and its copy at the other end. */
export interface Feed {
  core: BenchCore
  copy: BenchCore
}

/** A system as far as it is used here. */
export interface System {
  /** A core in memory. */
  make(key?: Uint8Array): BenchCore
  from(bytes: Uint8Array): Uint8Array
  /** Joins two ends, and gives what begins replication, when the handshake is over: feeds that go from each end to the other. */
  join(): Promise<(near: Feed[], far: Feed[]) => void>
}

export function inOnePage(system: System): Functions {
  const { from, join } = system

  async function feed(size: Size): Promise<Feed> {
    const core = system.make()
    await promised((done) => core.ready(done))
    await fill(core, size, from)
    const copy = system.make(core.key)
    await promised((done) => copy.ready(done))
    return { core, copy }
  }

  return {
    /** One end has a core, the other takes it. Gives milliseconds from the start of replication. */
    async transferInPage(size: Size): Promise<number> {
      const one = await feed(size)
      const begin = await join()
      const arrivals = new Arrivals(one.copy, size.blocks)
      const began = performance.now()
      begin([one], [])
      await arrivals.all
      const took = performance.now() - began
      await check(one.copy, size)
      return took
    },

    /** The ends answer each other's blocks. Gives milliseconds from an append to the far `get`. */
    async rallyInPage(times: number): Promise<number> {
      const none = { blocks: 0, blockBytes: 0 }
      const [one, other] = [await feed(none), await feed(none)]
      const begin = await join()
      begin([one], [other])
      const play = async (start: number, times: number) => {
        const first = rally(one.core, other.copy, from, { first: true, start, times })
        await rally(other.core, one.copy, from, { first: false, start, times })
        return first
      }
      const before = Math.ceil(times / 4)
      await play(0, before)
      return play(before, times)
    },
  }
}
