import { atRate, within } from '../harness/pace.ts'
import { Deliveries } from './deliveries.ts'
import { entriesOf } from './entries.ts'
import type { Peer, System } from './system.ts'

const patience = 120_000

/** One writer and many subscribers in a room, all in this process. */
export class OneRoom {
  readonly #entry = entriesOf(1)
  readonly #writer: Peer
  readonly #subscribers: Peer[]
  readonly #deliveries: Deliveries
  #log = ''
  #length = 0

  private constructor(writer: Peer, subscribers: Peer[]) {
    this.#writer = writer
    this.#subscribers = subscribers
    this.#deliveries = new Deliveries(subscribers.length)
  }

  /** Resolves when every subscriber has the first entry. */
  static async open(system: System, url: string, room: string, subscribers: number): Promise<OneRoom> {
    const [writer, ...others] = await Promise.all(
      Array.from({ length: subscribers + 1 }, () => system.join(url, room)),
    )
    const opened = new OneRoom(writer as Peer, others)
    await within(patience, 'The first entry', opened.#begin())
    return opened
  }

  async #begin() {
    this.#deliveries.begin(++this.#length)
    this.#log = await this.#writer.publish(this.#entry(0))
    await Promise.all(this.#subscribers.map((peer) => peer.follow(this.#log, this.#deliveries.follower())))
    await this.#deliveries.complete(this.#length)
  }

  /** Each entry when the last subscriber has the one before. Milliseconds of each to the last subscriber. */
  async oneAtATime(entries: number): Promise<number[]> {
    this.#deliveries.forgetTimes()
    for (let i = 0; i < entries; i++) {
      this.#append()
      await within(patience, `Entry ${this.#length}`, this.#deliveries.complete(this.#length))
    }
    return [...this.#deliveries.last]
  }

  /** As many entries a second, whatever becomes of them. Milliseconds of each to the last subscriber. */
  async atRate(perSecond: number, entries: number): Promise<number[]> {
    this.#deliveries.forgetTimes()
    await atRate(perSecond, entries, (_, at) => this.#append(at))
    await within(patience, 'The last entry', this.#deliveries.complete(this.#length))
    return [...this.#deliveries.last]
  }

  /** @throws when a subscriber has anything else than what was written */
  async verify(): Promise<void> {
    for (const peer of this.#subscribers) {
      for (let i = 0; i < this.#length; i++) {
        const same = Buffer.compare(await peer.read(this.#log, i), this.#entry(i)) === 0
        if (!same) throw new Error(`A subscriber has another entry ${i} than was written.`)
      }
    }
  }

  #append(at?: number) {
    const entry = this.#entry(this.#length)
    this.#deliveries.begin(++this.#length, at)
    this.#writer.append(entry)
  }
}
