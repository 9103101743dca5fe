import { now } from '../harness/clock.ts'
import { atRate, within } from '../harness/pace.ts'
import { seeded, shuffled } from '../simulation/random.ts'
import { Deliveries } from './deliveries.ts'
import { entriesOf } from './entries.ts'
import type { Peer, System } from './system.ts'

const patience = 300_000
/** Peers that join at a time: enough to keep both processes busy, few enough that no handshake runs out of time. */
const wave = 20

interface Member {
  peer: Peer
  /** The index of the room. */
  room: number
  deliveries: Deliveries
  log: string
  length: number
}

/** Many rooms, all of their peers in this process; each writes a log and follows those of all others in its room. */
export class ManyRooms {
  readonly #members: Member[]
  readonly #entry = entriesOf(1)

  private constructor(members: Member[]) {
    this.#members = members
  }

  static async open(system: System, url: string, rooms: string[], each: number): Promise<ManyRooms> {
    const places = rooms.flatMap((room, i) => Array.from({ length: each }, () => ({ room, i })))
    const members: Member[] = []
    for (let start = 0; start < places.length; start += wave) {
      const joining = places.slice(start, start + wave).map(async ({ room, i }) => {
        const peer = await system.join(url, room)
        members.push({ peer, room: i, deliveries: new Deliveries(each - 1), log: '', length: 0 })
      })
      await within(patience, 'Joining', Promise.all(joining))
    }
    return new ManyRooms(members)
  }

  /** All begin a log at once. When they began, and when everybody had the first entry of every log of its room. */
  async publish(): Promise<{ began: number; everywhere: number }> {
    const began = now()
    const publishing = this.#members.map(async (member) => {
      member.deliveries.begin(++member.length)
      member.log = await member.peer.publish(this.#entry(0))
      const others = this.#members
        .filter(({ room }) => room === member.room)
        .filter((other) => other !== member)
      await Promise.all(others.map(({ peer }) => peer.follow(member.log, member.deliveries.follower())))
      await member.deliveries.complete(1)
    })
    await within(patience, 'Publishing', Promise.all(publishing))
    return { began, everywhere: now() }
  }

  /** Everybody appends as often, in turns of any order. Milliseconds to each subscriber, and to the last ones. */
  async append(perSecond: number, each: number): Promise<{ each: number[]; last: number[] }> {
    for (const { deliveries } of this.#members) deliveries.forgetTimes()
    const random = seeded(2)
    const turns = Array.from({ length: each }, () => shuffled(random, this.#members.length)).flat()
    await atRate(perSecond, turns.length, (i, at) => {
      const member = this.#members[turns[i] as number] as Member
      const entry = this.#entry(member.length)
      member.deliveries.begin(++member.length, at)
      member.peer.append(entry)
    })
    const complete = this.#members.map(({ deliveries, length }) => deliveries.complete(length))
    await within(patience, 'The last entries', Promise.all(complete))
    const all = this.#members.map(({ deliveries }) => deliveries)
    return { each: all.flatMap(({ each }) => each), last: all.flatMap(({ last }) => last) }
  }
}
