import type { Namespace } from '../negotiation/events.ts'
import type { Core } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { Header } from '../wire/messages.ts'
import type { FeedQuestion, Peer } from './core-store.ts'
import type { Stack } from './stack.ts'

/** Milliseconds that the quick answers of a page wait for the slow ones. */
const grace = 50

interface Ready {
  hex: string
  core: Core
  header: Header
}

/** What was made of the offers to one peer: the core that was offered, or null for a feed that a store holds back. */
type Made = Map<Namespace, Map<string, Core | null>>

/** Makes the offers to peers: asks the stores to describe each feed, and whether to hold it back. */
export class Offering {
  private readonly stack: Stack
  private readonly coreOf: (key: Buffer, namespace: Namespace) => Promise<Core | undefined>
  private readonly made = new WeakMap<Session, Made>()

  /** @param coreOf a core by its key: one that is held, or one that a store gives */
  constructor(stack: Stack, coreOf: Offering['coreOf']) {
    this.stack = stack
    this.coreOf = coreOf
  }

  /** Offers feeds; those of a slow store come after the others. */
  async offer(peer: Peer, namespace: Namespace, keys: string[]) {
    let ready: Ready[] = []
    const share = () => {
      if (ready.length > 0) this.share(peer, namespace, ready)
      ready = []
    }
    let waiting = true
    const timer = setTimeout(() => {
      waiting = false
      share()
    }, grace)
    const prepare = async (hex: string) => {
      const prepared = await this.prepare({ key: Buffer.from(hex, 'hex'), header: {}, namespace, peer })
      if (prepared) ready.push({ ...prepared, hex })
      else this.note(peer, namespace, hex, null)
      if (!waiting) share()
    }
    await Promise.all(keys.map(prepare))
    clearTimeout(timer)
    share()
  }

  /** Takes offers back. */
  withdraw(peer: Peer, namespace: Namespace, keys: string[]) {
    const made = this.made.get(peer.session)?.get(namespace)
    const cores = keys.flatMap((hex) => made?.get(hex) ?? [])
    for (const hex of keys) made?.delete(hex)
    if (cores.length > 0) peer.session.unshare(namespace, cores)
  }

  /** Takes one offer back because a store holds the feed back now. */
  hold(peer: Peer, namespace: Namespace, hex: string) {
    this.withdraw(peer, namespace, [hex])
    this.note(peer, namespace, hex, null)
  }

  /** The feeds of a peer that a change of stores could hold back or let go, by namespace. */
  of(session: Session): [namespace: Namespace, hex: string, held: boolean][] {
    const all: [Namespace, string, boolean][] = []
    for (const [namespace, made] of this.made.get(session) ?? []) {
      for (const [hex, core] of made) all.push([namespace, hex, core === null])
    }
    return all
  }

  /** The header of an offer and its core, or undefined when a store holds the feed back or fails. */
  async prepare(question: FeedQuestion): Promise<{ core: Core; header: Header } | undefined> {
    const { key, namespace } = question
    const core = await this.coreOf(key, namespace)
    if (!core) return undefined
    const header: Header = {}
    const mounts = this.stack.sharing(namespace)
    for (const mount of mounts) {
      const { store } = mount
      if (!store.describe) continue
      const asked = { ...question, header, core: async () => core }
      const fields = await this.stack.ask<Header | false | null | undefined>(
        mount,
        () => store.describe?.(asked),
        false,
      )
      if (fields === false) return undefined
      Object.assign(header, fields)
    }
    for (const mount of mounts) {
      const { store } = mount
      if (store.hold && (await this.stack.ask(mount, () => store.hold?.({ ...question, header }), true)))
        return undefined
    }
    return { core, header }
  }

  private share(peer: Peer, namespace: Namespace, ready: Ready[]) {
    for (const { hex, core } of ready) this.note(peer, namespace, hex, core)
    const cores = ready.map(({ core }) => core)
    peer.session.share(
      namespace,
      cores,
      ready.map(({ header }) => header),
    )
  }

  private note({ session }: Peer, namespace: Namespace, hex: string, core: Core | null) {
    const made: Made = this.made.get(session) ?? new Map()
    this.made.set(session, made)
    made.set(namespace, (made.get(namespace) ?? new Map()).set(hex, core))
  }
}
