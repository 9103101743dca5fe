import { setImmediate, setTimeout } from 'node:timers/promises'

/** A stream of whatever library. */
interface Duplex {
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown
  write(bytes: Buffer): unknown
}

/** Milliseconds without a byte after which an end has said all that it has to say: more than any of its timers waits. */
const quiet = 40

/** A wire on which bytes stand still until they are let go: what both ends have said until then is one flight. */
export class Flights {
  /** One-way flights until now; in each, both directions at once. */
  count = 0
  private readonly ends: { stream: Duplex; said: Uint8Array[] }[]
  private spoke = 0

  constructor(near: Duplex, far: Duplex) {
    this.ends = [near, far].map((stream) => ({ stream, said: [] }))
    for (const { stream, said } of this.ends) {
      stream.on('data', (bytes: Uint8Array) => {
        said.push(Uint8Array.from(bytes))
        this.spoke++
      })
    }
  }

  /** Lets flight after flight go until something is so; gives how many it took. */
  async until(reached: () => boolean): Promise<number> {
    await this.settle()
    while (!reached()) {
      this.count++
      const [near, far] = this.ends.map(({ said }) => said.splice(0)) as [Uint8Array[], Uint8Array[]]
      if (near.length + far.length === 0) throw new Error('Both ends are silent.')
      for (const bytes of near) this.ends[1]?.stream.write(Buffer.from(bytes))
      for (const bytes of far) this.ends[0]?.stream.write(Buffer.from(bytes))
      await this.settle()
    }
    return this.count
  }

  private async settle() {
    for (let before = -1; before !== this.spoke; ) {
      before = this.spoke
      await setTimeout(quiet)
      await setImmediate()
    }
  }
}
