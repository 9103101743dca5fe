import { Mesh } from '../../src/transports/mesh.ts'

type Message =
  | { type: 'peer' | 'gone' | 'call' }
  | { type: 'offer' | 'answer'; attempt: number }
  | { type: 'full'; attempt: number | undefined }
  /** Not by the signal, but from end to end. */
  | { type: 'connected' | 'over' | 'lost'; attempt: number }
  /** To itself: the peer has not answered in time. */
  | { type: 'silence' }
  /** To itself: the owner of a retired connection has finished. */
  | { type: 'finished'; attempt: number; remote: string }

interface Call {
  attempt: number
  open: boolean
}

/** Many meshes, and between each two of them a wire that keeps the order and takes any time it likes. */
export class MeshNetwork {
  readonly ends = new Map<string, End>()
  readonly #wires = new Map<string, Message[]>()
  /** The wires that carry something. */
  readonly #busy: string[] = []
  readonly #random: () => number
  attempts = 0
  /** Connections that were made or ended, as pairs of ids, since the last look. */
  readonly changes = new Set<string>()

  /** @param random from 0 to 1: which message arrives next */
  constructor(random: () => number) {
    this.#random = random
  }

  come(id: string, maxPeers: number): void {
    const others = [...this.ends.keys()]
    this.ends.set(id, new End(this, id, maxPeers))
    for (const other of others) {
      this.send('signal', other, id, { type: 'peer' })
      this.send('signal', id, other, { type: 'peer' })
    }
  }

  /** The end goes, and with it its connections. Where it crashes, nobody is told. */
  go(id: string, crashes = false): void {
    const end = this.ends.get(id) as End
    for (const [remote, { attempt, open }] of end.calls) {
      if (open) this.changed(id, remote)
      this.send('link', id, remote, { type: crashes ? 'lost' : 'over', attempt })
    }
    this.ends.delete(id)
    if (crashes) return
    for (const other of this.ends.keys()) this.send('signal', id, other, { type: 'gone' })
  }

  send(by: 'signal' | 'link', from: string, to: string, message: Message): void {
    const name = `${by} ${from} ${to}`
    const wire = this.#wires.get(name)
    if (wire?.length) wire.push(message)
    else {
      this.#wires.set(name, [message])
      this.#busy.push(name)
    }
  }

  /** Lets one message arrive; false if none is under way. */
  step(): boolean {
    if (this.#busy.length === 0) return false
    const at = Math.floor(this.#random() * this.#busy.length)
    const name = this.#busy[at] as string
    const wire = this.#wires.get(name) as Message[]
    const message = wire.shift() as Message
    if (wire.length === 0) {
      this.#busy[at] = this.#busy.at(-1) as string
      this.#busy.pop()
      this.#wires.delete(name)
    }
    const [, from, to] = name.split(' ') as [string, string, string]
    const end = this.ends.get(to)
    if (end) end.take(from, message)
    else if (message.type !== 'silence') this.send('link', to, from, { type: 'silence' })
    return true
  }

  /** Until nothing is under way any more. */
  settle(check: () => void = () => {}): void {
    const most = 1_000 + 20 * this.ends.size ** 2
    for (let steps = 0; this.step(); steps++) {
      check()
      if (steps > most) throw new Error(`The mesh did not settle within ${most} messages.`)
    }
  }

  changed(one: string, other: string): void {
    this.changes.add(one < other ? `${one} ${other}` : `${other} ${one}`)
  }

  /** Hops from `start` to the end that is furthest from it; infinite where one cannot be reached. */
  furthest(start: string): number {
    const hops = new Map([[start, 0]])
    let far = 0
    for (const [id, away] of hops) {
      far = away
      for (const next of (this.ends.get(id) as End).open) if (!hops.has(next)) hops.set(next, away + 1)
    }
    return hops.size === this.ends.size ? far : Number.POSITIVE_INFINITY
  }
}

/** What a room does for a mesh, without a connection. */
export class End {
  readonly calls = new Map<string, Call>()
  readonly maxPeers: number
  readonly #network: MeshNetwork
  readonly #id: string
  readonly #mesh: Mesh

  constructor(network: MeshNetwork, id: string, maxPeers: number) {
    this.#network = network
    this.#id = id
    this.maxPeers = maxPeers
    this.#mesh = new Mesh(id, maxPeers)
  }

  get open(): string[] {
    return [...this.calls].filter(([, { open }]) => open).map(([id]) => id)
  }

  take(sender: string, message: Message): void {
    const from = message.type === 'finished' ? message.remote : sender
    const call = this.calls.get(from)
    const own = 'attempt' in message && call?.attempt === message.attempt
    switch (message.type) {
      case 'peer':
        this.#mesh.see(from)
        break
      case 'gone':
        if (call && !call.open) this.#destroy(from, call)
        this.#mesh.lose(from)
        break
      case 'call':
        this.#takeCall(from)
        break
      case 'offer':
        this.#takeOffer(from, message.attempt)
        break
      case 'answer':
      case 'connected':
        if (own && call && !call.open) this.#open(from, call, message.type === 'answer')
        break
      case 'full':
        this.#takeFull(from, message.attempt)
        break
      case 'silence':
        if (call?.open) break
        this.calls.delete(from)
        this.#mesh.failed(from)
        break
      case 'over':
      case 'lost':
      case 'finished':
        if (own) this.#end(from, message.type)
    }
    this.#go()
  }

  #say(to: string, message: Message): void {
    this.#network.send('signal', this.#id, to, message)
  }

  #go(): void {
    for (let step = this.#mesh.next(); step; step = this.#mesh.next()) {
      const { do: what, id } = step
      const call = this.calls.get(id)
      const attempt = call?.attempt
      if (what === 'ask') this.#say(id, { type: 'call' })
      else if (what === 'dial') this.#dial(id)
      else this.#say(id, { type: 'full', attempt })
      if (what === 'drop' && call) this.#destroy(id, call)
      if (what === 'retire' && attempt !== undefined) {
        this.#network.send('link', this.#id, this.#id, { type: 'finished', attempt, remote: id })
      }
    }
  }

  #dial(to: string): void {
    const attempt = ++this.#network.attempts
    this.calls.set(to, { attempt, open: false })
    this.#say(to, { type: 'offer', attempt })
  }

  #takeCall(from: string): void {
    let answer = this.#mesh.asked(from)
    if (answer === 'lost') {
      this.calls.delete(from)
      this.#mesh.lost(from)
      answer = this.#mesh.asked(from)
    }
    if (answer === 'dial') this.#dial(from)
    else if (answer === 'ask') this.#say(from, { type: 'call' })
    else if (answer === 'full') this.#say(from, { type: 'full', attempt: undefined })
  }

  #takeOffer(from: string, attempt: number): void {
    if (!this.#mesh.offered(from)) {
      this.#say(from, { type: 'full', attempt })
      return
    }
    this.calls.set(from, { attempt, open: false })
    this.#say(from, { type: 'answer', attempt })
  }

  #takeFull(from: string, attempt: number | undefined): void {
    const call = this.calls.get(from)
    if (call?.attempt !== attempt) return
    this.#mesh.refused(from)
    if (call && !call.open) this.#destroy(from, call)
  }

  /** Gives up a call, which the other end may think is open. */
  #destroy(remote: string, { attempt }: Call): void {
    this.calls.delete(remote)
    this.#network.send('link', this.#id, remote, { type: 'over', attempt })
  }

  #open(remote: string, call: Call, caller: boolean): void {
    call.open = true
    this.#network.changed(this.#id, remote)
    this.#mesh.opened(remote)
    if (caller) this.#network.send('link', this.#id, remote, { type: 'connected', attempt: call.attempt })
  }

  #end(remote: string, how: 'over' | 'lost' | 'finished'): void {
    const { attempt } = this.calls.get(remote) as Call
    this.calls.delete(remote)
    this.#network.changed(this.#id, remote)
    if (how === 'finished') this.#network.send('link', this.#id, remote, { type: 'over', attempt })
    this.#mesh[how === 'lost' ? 'lost' : 'closed'](remote)
  }
}
