import type { TrunkMessage } from './trunk.ts'

/** One end that joined a topic here. */
export interface Member {
  readonly id: string
  /** By which it proves to be the one that joined before. */
  readonly secret: string
  peer(id: string): void
  gone(id: string): void
  message(from: string, data: unknown): void
  /** Another asked for a relay to it. */
  relay(from: string, ticket: string): void
  /** It joined anew over another socket, and is no member by this one any more. */
  replaced(): void
}

/** Another bridge, and who of its members is known here. */
export interface Far {
  readonly ids: Set<string>
  send(message: TrunkMessage): void
}

/** Who is in one topic, here and on other bridges. What one bridge tells is not told to the next: each talks to all. */
export class Topic {
  readonly name: string
  readonly #members = new Map<string, Member>()
  readonly #trunks = new Set<Far>()
  readonly #onempty: () => void

  constructor(name: string, onempty: () => void) {
    this.name = name
    this.#onempty = onempty
  }

  get members(): number {
    return this.#members.size
  }

  member(id: string): Member | undefined {
    return this.#members.get(id)
  }

  /** Who is known by this id on another bridge; of two the first. */
  far(id: string): Far | undefined {
    for (const trunk of this.#trunks) if (trunk.ids.has(id)) return trunk
    return undefined
  }

  /** `member` and all others hear of each other. Its id is free, or its own. */
  join(member: Member): void {
    const before = this.#members.get(member.id)
    if (before) {
      this.#drop(before)
      before.replaced()
    } else if (this.far(member.id)) {
      // It came from another bridge, which does not know yet that it left; here it is the one that was seen last.
      this.#tell(member.id, 'gone')
    }
    const far = new Set([...this.#trunks].flatMap(({ ids }) => [...ids]))
    far.delete(member.id)
    for (const id of new Set([...this.#members.keys(), ...far])) member.peer(id)
    this.#tell(member.id, 'peer')
    this.#members.set(member.id, member)
    for (const trunk of this.#trunks) trunk.send({ type: 'peer', id: member.id })
  }

  leave(member: Member): void {
    if (this.#members.get(member.id) !== member) return
    this.#drop(member)
    if (this.far(member.id)) this.#tell(member.id, 'peer')
    this.#forgetEmpty()
  }

  /** Messages to nobody are lost. */
  message(from: string, to: string, data: unknown): void {
    const member = this.#members.get(to)
    if (member) member.message(from, data)
    else this.far(to)?.send({ type: 'message', from, to, data })
  }

  openTrunk(trunk: Far): void {
    this.#trunks.add(trunk)
    for (const id of this.#members.keys()) trunk.send({ type: 'peer', id })
  }

  closeTrunk(trunk: Far): void {
    for (const id of [...trunk.ids]) this.farGone(trunk, id)
    this.#trunks.delete(trunk)
    this.#forgetEmpty()
  }

  farPeer(trunk: Far, id: string): void {
    const known = this.#members.has(id) || this.far(id) !== undefined
    trunk.ids.add(id)
    if (!known) this.#tell(id, 'peer')
  }

  farGone(trunk: Far, id: string): void {
    if (!trunk.ids.delete(id)) return
    if (!this.#members.has(id) && !this.far(id)) this.#tell(id, 'gone')
  }

  #drop({ id }: Member): void {
    this.#members.delete(id)
    this.#tell(id, 'gone')
    for (const trunk of this.#trunks) trunk.send({ type: 'gone', id })
  }

  #tell(id: string, what: 'peer' | 'gone'): void {
    for (const member of this.#members.values()) if (member.id !== id) member[what](id)
  }

  #forgetEmpty(): void {
    if (this.#members.size === 0 && this.#trunks.size === 0) this.#onempty()
  }
}
