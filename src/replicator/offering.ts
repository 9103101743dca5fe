import { type Replic8Error, toReplic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { Core } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import { checkHeader } from '../wire/header.ts'
import type { Header } from '../wire/messages.ts'
import type { FeedQuestion, Peer } from './core-store.ts'
import { following, type Mount, type Stack, serves, type Where } from './stack.ts'

/** Milliseconds that the quick answers of a page wait for the slow ones. */
const grace = 50

/** What was made of the offer of one feed to one peer. */
interface Made {
  /** null: not offered, because a store holds it back or failed. */
  core: Core | null
  header: Header
}

export interface OfferingHooks {
  /** A core by its key: one that is held, or one that a store gives. */
  coreOf(key: Buffer, namespace: Namespace): Promise<Core | undefined>
  /** Nothing holds a feed back from a peer any more. */
  onreleased(peer: Peer, namespace: Namespace, hex: string): void
  onproblem(error: Replic8Error, where: Where): void
}

/** Makes the offers to peers: asks the stores to describe each feed, and whether to hold it back. */
export class Offering {
  private readonly stack: Stack
  private readonly limits: { headerBytes: number; headerDepth: number }
  private readonly hooks: OfferingHooks
  private readonly made = new WeakMap<Session, Map<Namespace, Map<string, Made>>>()

  constructor(stack: Stack, limits: { headerBytes: number; headerDepth: number }, hooks: OfferingHooks) {
    this.stack = stack
    this.limits = limits
    this.hooks = hooks
  }

  /** Offers feeds; those of a slow store come after the others. */
  async offer(peer: Peer, namespace: Namespace, keys: string[]) {
    let ready: Made[] = []
    let waiting = true
    const share = () => {
      const page = ready
      ready = []
      if (page.length > 0) this.share(peer, namespace, page)
    }
    const timer = setTimeout(() => {
      waiting = false
      share()
    }, grace)
    const prepare = async (hex: string) => {
      const made: Made = { core: null, header: {} }
      const feeds = this.feedsOf(peer.session, namespace)
      feeds.set(hex, made)
      const prepared = await this.prepare({ key: keyOf(hex), header: {}, namespace, peer })
      // It may have been taken back meanwhile, or be offered anew.
      if (!prepared || feeds.get(hex) !== made) return
      ready.push(Object.assign(made, prepared))
      if (!waiting && ready.length === 1) queueMicrotask(share)
    }
    await Promise.all(keys.map(prepare))
    clearTimeout(timer)
    share()
  }

  /** Takes offers back. */
  withdraw({ session }: Peer, namespace: Namespace, keys: string[]) {
    const feeds = this.feedsOf(session, namespace)
    const cores = keys.flatMap((hex) => feeds.get(hex)?.core ?? [])
    for (const hex of keys) feeds.delete(hex)
    if (cores.length > 0) session.unshare(namespace, cores)
  }

  /** A store has come or gone: asks again about the feeds of its namespaces, and gives the peer the difference. */
  async review(peer: Peer, mount: Mount) {
    const asked: Promise<void>[] = []
    for (const [namespace, feeds] of this.made.get(peer.session) ?? []) {
      if (!serves(mount, namespace)) continue
      for (const hex of feeds.keys()) asked.push(this.reviewOne(peer, namespace, hex))
    }
    await Promise.all(asked)
  }

  private async reviewOne(peer: Peer, namespace: Namespace, hex: string) {
    const { session } = peer
    const feeds = this.feedsOf(session, namespace)
    const made = feeds.get(hex) as Made
    const { core } = made
    const key = keyOf(hex)
    const prepared = await this.prepare({ key, header: {}, namespace, peer })
    if (feeds.get(hex) !== made || made.core !== core) return
    if (!prepared) {
      if (core) session.unshare(namespace, core)
      made.core = null
    } else if (!core) this.hooks.onreleased(peer, namespace, hex)
    else if (JSON.stringify(made.header) !== JSON.stringify(prepared.header)) {
      made.header = prepared.header
      this.contain(() => session.update(namespace, core, prepared.header), { key, namespace })
    }
  }

  /** The core of an offer and its header, or undefined when a store holds the feed back or fails. */
  private async prepare(question: FeedQuestion): Promise<{ core: Core; header: Header } | undefined> {
    for (;;) {
      const { version } = this.stack
      const prepared = await this.prepareOnce(question)
      // Stores that came or went meanwhile have a say too.
      if (version === this.stack.version) return prepared
    }
  }

  private async prepareOnce(question: FeedQuestion) {
    const { key, namespace } = question
    const core = await this.hooks.coreOf(key, namespace)
    if (!core) return undefined
    const mounts = this.stack.sharing(namespace)
    let header: Header = {}
    for (const mount of mounts) {
      if (!mount.store.describe) continue
      const fields = await this.describe(mount, { ...question, header }, core)
      if (!fields) return undefined
      header = { ...header, ...fields }
    }
    const where = { key, namespace }
    for (const mount of mounts) {
      const { store } = mount
      if (!store.hold) continue
      if (
        await this.stack.ask(mount, () => store.hold?.({ ...question, header: { ...header } }), true, where)
      )
        return undefined
    }
    return { core, header }
  }

  private describe(mount: Mount, question: FeedQuestion, core: Core): Promise<Header | null> {
    const { key, namespace, header } = question
    const asked = { ...question, header: { ...header }, core: async () => core }
    const describe = () =>
      following(mount.store.describe?.(asked), (fields) => checkHeader(fields ?? {}, this.limits))
    return this.stack.ask<Header | null>(mount, describe, null, { key, namespace })
  }

  private share({ session }: Peer, namespace: Namespace, page: Made[]) {
    const cores = page.map(({ core }) => core as Core)
    const headers = page.map(({ header }) => header)
    try {
      session.share(namespace, cores, headers)
    } catch {
      // One of them can not be offered: it shall not cost the others.
      for (const [i, core] of cores.entries()) {
        const where = core.key ? { key: Buffer.from(core.key), namespace } : { namespace }
        this.contain(() => session.share(namespace, core, headers[i]), where)
      }
    }
  }

  private contain(action: () => void, where: Where) {
    try {
      action()
    } catch (error) {
      this.hooks.onproblem(toReplic8Error(error, 'ERR_CORE_FAILED'), where)
    }
  }

  private feedsOf(session: Session, namespace: Namespace): Map<string, Made> {
    const byNamespace = this.made.get(session) ?? new Map<Namespace, Map<string, Made>>()
    this.made.set(session, byNamespace)
    const feeds = byNamespace.get(namespace) ?? new Map<string, Made>()
    byNamespace.set(namespace, feeds)
    return feeds
  }
}

const keyOf = (hex: string) => Buffer.from(hex, 'hex')
