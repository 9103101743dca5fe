import type { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import { Forwarding, type ForwardingEffect, type ForwardingEvent } from '../negotiation/forwarding.ts'
import type { Accept, Offer } from '../session/accept.ts'
import { type Core, toHexKey as hexOf } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { FeedQuestion, Shared } from './core-store.ts'
import { Holdings, type Owner } from './holdings.ts'
import { Node } from './node.ts'
import { Offering } from './offering.ts'
import { Sharing } from './sharing.ts'
import type { Mount, Stack, Where } from './stack.ts'
import { Taking } from './taking.ts'
import { Work } from './work.ts'

export interface ExchangeOptions {
  forward: boolean
  /** ms that a core has to open, and an offer to be answered. */
  acceptTimeout: number
  /** ms, at most, that offers gather in. */
  offerWindow: number
  /** ms that a peer has to offer again what it is asked for. */
  storeTimeout: number
  limits: { headerBytes: number; headerDepth: number }
}

export interface ExchangeHooks {
  oncore(core: Core, info: { key: Buffer; namespace: Namespace }, session: Session): void
  onproblem(error: Replic8Error, where: Where): void
  /** The peer shall offer a feed again, which it was told was declined. */
  onwanted(session: Session, namespace: Namespace, hex: string): void
}

/** Brings stores and peers together: what stores share goes to the peers, what peers give goes to stores and on. */
export class Exchange {
  readonly holdings: Holdings
  private readonly stack: Stack
  private readonly options: ExchangeOptions
  private readonly hooks: ExchangeHooks
  private readonly forwarding = new Forwarding()
  private readonly sharing: Sharing
  private readonly offering: Offering
  private readonly taking: Taking
  private readonly nodes = new Map<number, Node>()
  private readonly bySession = new Map<Session, Node>()
  /** What leads to offers, to whomever. */
  private readonly work = new Work()
  private nextId = 0

  constructor(stack: Stack, options: ExchangeOptions, hooks: ExchangeHooks) {
    this.stack = stack
    this.options = options
    this.hooks = hooks
    this.holdings = new Holdings(options.acceptTimeout)
    this.sharing = new Sharing(stack, this.holdings, (error, where) => hooks.onproblem(error, where))
    this.offering = new Offering(stack, options.limits, {
      coreOf: (key, namespace) => this.coreOf(key, namespace),
      onreleased: ({ session }, namespace, hex) => this.again(session, namespace, [hex]),
      onproblem: (error, where) => hooks.onproblem(error, where),
    })
    const patience = options.acceptTimeout / 2
    this.taking = new Taking(stack, this.holdings, patience, (question) => this.askAgain(question))
  }

  /** A peer takes part from here on: resolves when it was offered everything that the stores share with it. */
  join(session: Session): Promise<void> {
    const peer = { publicKey: session.remotePublicKey as Buffer, userData: session.remoteUserData, session }
    const node = new Node(this.nextId++, peer)
    this.nodes.set(node.id, node)
    this.bySession.set(session, node)
    node.joined = this.welcome(node)
    return node.joined
  }

  leave(session: Session) {
    const node = this.bySession.get(session)
    if (!node) return
    node.close()
    this.bySession.delete(session)
    this.nodes.delete(node.id)
    this.handle({ type: 'left', peer: node.id })
  }

  /** A peer offers feeds: it need not hear of them from us. */
  heard(session: Session, { namespace, keys }: Offer) {
    const node = this.bySession.get(session)
    if (!node) return
    const hexes = keys.map(hexOf)
    this.handle({ type: 'heard', peer: node.id, namespace, keys: hexes })
    for (const hex of hexes) {
      this.taking.forget(session, namespace, hex)
      // Its answer is under way before it is expected no more.
      queueMicrotask(() => node.cameAgain(namespace, hex))
    }
  }

  /** Has the stores answer what a peer offers. */
  async answer(session: Session, offer: Offer, accept: Accept): Promise<void> {
    const node = this.bySession.get(session)
    if (!node) return accept(null, [])
    await node.answers.add(this.taking.answer(offer, accept, node.peer, node.shared))
    const { namespace } = offer
    const declined = offer.keys.map(hexOf).filter((hex) => !node.taken.has(hex))
    if (declined.length > 0) this.handle({ type: 'declined', peer: node.id, namespace, keys: declined })
  }

  /** Both sides agreed that we take a feed. */
  taken(session: Session, core: Core, { key, namespace }: { key: Buffer; namespace: Namespace }) {
    const node = this.bySession.get(session)
    const hex = hexOf(key)
    const isNew = !this.holdings.core(hex)
    const owner = this.taking.agreed(hex)
    // What a store shares already it goes on to share alone.
    if (owner !== 'application' || !this.holdings.isOwned(hex, namespace))
      this.holdings.own(hex, namespace, owner)
    this.holdings.setCore(hex, core)
    node?.taken.set(hex, false)
    if (isNew) this.hooks.oncore(core, { key, namespace }, session)
    if (!this.options.forward || !node) return
    this.handle({ type: 'have', namespace, keys: [hex], from: node.id })
  }

  /** A feed is caught up with a peer. */
  caughtUp(session: Session, key: Buffer) {
    const { taken } = this.bySession.get(session) ?? {}
    const hex = hexOf(key)
    if (taken?.has(hex)) taken.set(hex, true)
  }

  /** A peer took an offer back. */
  withdrawn(session: Session, namespace: Namespace, key: Buffer) {
    const node = this.bySession.get(session)
    this.taking.forget(session, namespace, hexOf(key))
    node?.cameAgain(namespace, hexOf(key))
    node?.taken.delete(hexOf(key))
  }

  /** Feeds that are taken of a peer that is here, or was until now; true: caught up. */
  takenOf(session: Session): ReadonlyMap<string, boolean> | undefined {
    return this.bySession.get(session)?.taken
  }

  /** A peer is to be offered feeds again: it asked for that, or what held them back is gone. */
  again(session: Session, namespace: Namespace, keys: string[]) {
    const node = this.bySession.get(session)
    if (node) this.handle({ type: 'again', peer: node.id, namespace, keys })
  }

  /** A store was mounted: the peers get what it adds, and lose what it holds back. */
  mounted(mount: Mount): Promise<void> {
    const welcome = async () => {
      await Promise.all([...this.nodes.values()].map((node) => this.shareFrom(mount, node)))
      await this.reviewed(mount)
    }
    return this.work.add(welcome())
  }

  /** A store was unmounted: the peers lose what only it shared, and get what it held back. */
  unmounted(mount: Mount) {
    for (const [namespace, keys] of this.holdings.disown(mount))
      this.handle({ type: 'lost', namespace, keys })
    this.taking.disown(mount)
    void this.work.add(this.reviewed(mount))
  }

  async announce(owner: Owner, namespace: Namespace, shared: readonly Shared[]): Promise<void> {
    const keys = await this.work.add(this.sharing.note(shared, namespace, owner))
    if (keys.length > 0) this.handle({ type: 'have', namespace, keys })
  }

  /** Resolves when the peer, if it is here still, was offered what the stores share. */
  joined(session: Session): Promise<void> | undefined {
    return this.bySession.get(session)?.joined
  }

  /** Resolves when everything that is to be offered now has been offered, and what was offered is answered. */
  async settled(): Promise<void> {
    for (;;) {
      await this.work.settled()
      const nodes = [...this.nodes.values()]
      await Promise.all(
        nodes.map((node) => Promise.all([node.joined, this.flush(node), node.answers.settled()])),
      )
      const isUnderWay = nodes.some(({ offers, answers }) => offers.isUnderWay || answers.isUnderWay)
      if (!this.work.isUnderWay && !isUnderWay) return
    }
  }

  close() {
    for (const node of this.nodes.values()) node.close()
    this.nodes.clear()
    this.bySession.clear()
    this.holdings.close()
  }

  private async welcome(node: Node): Promise<void> {
    this.handle({ type: 'joined', peer: node.id })
    const { all } = this.stack
    node.shared = Promise.all(all.toReversed().map((mount) => this.shareFrom(mount, node))).then(() => {})
    await node.shared
    await this.flush(node)
  }

  private shareFrom(mount: Mount, node: Node): Promise<void> {
    return this.sharing.read(mount, node.peer, (namespace, keys) =>
      this.handle({ type: 'have', namespace, keys, to: node.id }),
    )
  }

  private async coreOf(key: Buffer, namespace: Namespace): Promise<Core | undefined> {
    const hex = hexOf(key)
    const core = this.holdings.core(hex) ?? (await this.taking.resolve(key, namespace))
    if (core && this.holdings.isOwned(hex, namespace)) this.holdings.setCore(hex, core)
    return core
  }

  /** What a change of stores means for the feeds that were offered, held back or declined until now. */
  private async reviewed(mount: Mount): Promise<void> {
    const { describe, hold, resolve, reject, share, store } = mount.store
    const nodes = [...this.nodes.values()]
    const offers = describe || hold || resolve ? nodes : []
    const answers = reject || resolve || share || store ? nodes : []
    await Promise.all([
      ...offers.map(({ peer }) => this.offering.review(peer, mount)),
      ...answers.map(({ peer }) => this.taking.reconsider(peer.session, mount)),
    ])
  }

  private askAgain({ key, namespace, peer }: FeedQuestion) {
    const node = this.bySession.get(peer.session)
    if (!node) return
    node.expect(namespace, hexOf(key), this.options.storeTimeout)
    this.hooks.onwanted(peer.session, namespace, hexOf(key))
  }

  private handle(event: ForwardingEvent) {
    for (const effect of this.forwarding.handle(event)) this.run(effect)
  }

  private run(effect: ForwardingEffect) {
    const node = this.nodes.get(effect.peer)
    if (!node) return
    switch (effect.type) {
      case 'open-window': {
        const ms = this.options.offerWindow * (0.5 + Math.random() / 2)
        return node.openWindow(ms, effect.quick, () => void this.flush(node))
      }
      case 'offer':
        return void node.offers.add(this.offering.offer(node.peer, effect.namespace, effect.keys))
      case 'withdraw':
        return this.offering.withdraw(node.peer, effect.namespace, effect.keys)
    }
  }

  /** Makes the offers that have gathered for a peer; resolves when they are made. */
  private flush(node: Node): Promise<void> {
    node.closeWindow()
    this.handle({ type: 'flush', peer: node.id })
    return node.offers.settled()
  }
}
