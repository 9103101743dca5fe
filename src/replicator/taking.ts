import type { Namespace } from '../negotiation/events.ts'
import type { Accept, Offer } from '../session/accept.ts'
import { type Core, toHexKey as hexOf, isCore, keyHex } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { FeedQuestion, Peer } from './core-store.ts'
import { type Holdings, isClosed, type Owner } from './holdings.ts'
import { following, type Mount, type Stack, serves } from './stack.ts'

/** Milliseconds that the quick answers of a page wait for the slow ones. */
const grace = 100

/** Decides what is taken of an offer, by asking the stores: first who rejects, then who owns it, then who stores it. */
export class Taking {
  private readonly stack: Stack
  private readonly holdings: Holdings
  /** ms after which a page is answered at the latest. */
  private readonly patience: number
  /** A feed is taken after its page was answered, or after it was declined: the peer shall offer it again. */
  private readonly onlate: (question: FeedQuestion) => void
  private readonly owners = new Map<string, Mount>()
  /** Cores that stores gave, and that are not agreed on yet. */
  private readonly given = new Map<string, Core>()
  /** Feeds that a store is asked to take: two peers that offer the same one get one core. */
  private readonly asking = new Map<string, Promise<Core | undefined>>()
  private readonly declined = new WeakMap<Session, Map<Namespace, Map<string, FeedQuestion>>>()

  constructor(stack: Stack, holdings: Holdings, patience: number, onlate: (question: FeedQuestion) => void) {
    this.stack = stack
    this.holdings = holdings
    this.patience = patience
    this.onlate = onlate
  }

  /**
   * Answers a page; a store that does not answer in time holds up its own feeds only, which are asked for again.
   * Resolves when all stores have answered.
   * @param shared resolves when it is known what the stores share with the peer: that is taken from it too
   */
  async answer(offer: Offer, accept: Accept, peer: Peer, shared: Promise<void>): Promise<void> {
    const taken: Core[] = []
    let answered = false
    const decisions = offer.keys.map(async (key, i) => {
      const question = { key, header: offer.headers[i] ?? {}, namespace: offer.namespace, peer }
      const core = await this.decide(question, shared)
      if (!core) this.declinedOf(peer.session, offer.namespace).set(hexOf(key), question)
      else if (answered) this.onlate(question)
      else taken.push(core)
    })
    await enough(decisions, () => taken.length > 0, this.patience)
    answered = true
    accept(null, taken)
    await Promise.all(decisions)
  }

  /** A peer took an offer back, or offers it anew. */
  forget(session: Session, namespace: Namespace, hex: string) {
    this.declined.get(session)?.get(namespace)?.delete(hex)
  }

  /** A store has come or gone: what a peer offered in its namespaces and was declined may be taken now. */
  async reconsider(session: Session, mount: Mount) {
    const asked: Promise<void>[] = []
    for (const [namespace, questions] of this.declined.get(session) ?? []) {
      if (!serves(mount, namespace)) continue
      for (const [hex, question] of questions) asked.push(this.reconsiderOne(questions, hex, question))
    }
    await Promise.all(asked)
  }

  /** Both sides agreed on a feed that we take; gives who shares it with the others. */
  agreed(hex: string): Owner {
    this.given.delete(hex)
    const owner = this.owners.get(hex)
    return owner && this.stack.has(owner) ? owner : 'application'
  }

  /** A store is gone, and what it gave. */
  disown(mount: Mount) {
    for (const [hex, owner] of this.owners) {
      if (owner !== mount) continue
      this.owners.delete(hex)
      this.given.delete(hex)
    }
  }

  /** An owned core by its key, never creating one. */
  async resolve(key: Buffer, namespace: Namespace): Promise<Core | undefined> {
    for (const mount of this.stack.sharing(namespace)) {
      const { store } = mount
      const core = store.resolve && (await this.ask(mount, key, namespace, () => store.resolve?.(key)))
      if (core) return core
    }
    return undefined
  }

  private async reconsiderOne(questions: Map<string, FeedQuestion>, hex: string, question: FeedQuestion) {
    const core = await this.decide(question)
    if (core && questions.get(hex) === question && questions.delete(hex)) this.onlate(question)
  }

  private async decide(question: FeedQuestion, shared?: Promise<void>): Promise<Core | undefined> {
    const { key, namespace } = question
    if (await this.isRejected(question)) return undefined
    const core = await this.find(question)
    if (core || !shared) return core
    await shared
    return this.held(hexOf(key), namespace)
  }

  private async isRejected(question: FeedQuestion): Promise<boolean> {
    const { key, namespace } = question
    for (const mount of this.stack.accepting(namespace)) {
      const { store } = mount
      const where = { key, namespace }
      if (store.reject && (await this.stack.ask(mount, () => store.reject?.(question), true, where)))
        return true
    }
    return false
  }

  private async find(question: FeedQuestion): Promise<Core | undefined> {
    const { key, namespace } = question
    const hex = hexOf(key)
    for (;;) {
      const held = this.held(hex, namespace)
      if (held) return held
      const asking = this.asking.get(hex)
      if (!asking) break
      await asking
    }
    const asking = this.obtain(question)
    this.asking.set(hex, asking)
    const core = await asking
    this.asking.delete(hex)
    return core
  }

  /** A core that is here already, where the namespace shares it or has a store that takes feeds. */
  private held(hex: string, namespace: Namespace): Core | undefined {
    if (!this.holdings.isOwned(hex, namespace) && !this.stack.takes(namespace)) return undefined
    const given = this.given.get(hex)
    return given && !isClosed(given) ? given : this.holdings.core(hex)
  }

  private async obtain(question: FeedQuestion): Promise<Core | undefined> {
    const { key, namespace } = question
    const owned = await this.resolve(key, namespace)
    if (owned) return owned
    for (const mount of this.stack.accepting(namespace)) {
      const { store } = mount
      const core = store.store && (await this.ask(mount, key, namespace, () => store.store?.(question)))
      if (!core) continue
      this.given.set(hexOf(key), core)
      return core
    }
    return undefined
  }

  /** Asks a store for the core of a key, and makes sure that it is one. */
  private async ask(mount: Mount, key: Buffer, namespace: Namespace, question: () => unknown) {
    const hex = hexOf(key)
    const checked = (core: unknown) => {
      if (core === null || core === undefined) return undefined
      if (!isCore(core)) throw new TypeError('it gave something that is no core')
      return following(keyHex(core) ?? this.holdings.keyOf(core), (its) => {
        if (its !== hex) throw new TypeError(`it gave a core of another key for ${hex}`)
        this.holdings.contain(core)
        return core
      })
    }
    const answer = () => following(question(), checked)
    const core = await this.stack.ask<Core | undefined>(mount, answer, undefined, { key, namespace })
    if (core) this.owners.set(hex, mount)
    return core
  }

  private declinedOf(session: Session, namespace: Namespace): Map<string, FeedQuestion> {
    const byNamespace = this.declined.get(session) ?? new Map<Namespace, Map<string, FeedQuestion>>()
    this.declined.set(session, byNamespace)
    const questions = byNamespace.get(namespace) ?? new Map<string, FeedQuestion>()
    byNamespace.set(namespace, questions)
    return questions
  }
}

/** Resolves when all is decided; after a while, as soon as something is taken; after `patience` ms in any case. */
function enough(decisions: Promise<void>[], isSome: () => boolean, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const check = () => {
      if (isLate && isSome()) done()
    }
    let timer = setTimeout(
      () => {
        isLate = true
        timer = setTimeout(done, Math.max(0, patience - grace))
        check()
      },
      Math.min(grace, patience),
    )
    function done() {
      clearTimeout(timer)
      resolve()
    }
    for (const decision of decisions) decision.then(check, () => {})
    Promise.all(decisions).then(done, reject)
  })
}
