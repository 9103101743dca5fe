import { type Replic8Error, toReplic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import { Forwarding, type ForwardingEffect, type ForwardingEvent } from '../negotiation/forwarding.ts'
import type { Accept, Offer } from '../session/accept.ts'
import type { Core } from '../session/core.ts'
import type { Session } from '../session/session.ts'
import type { Peer, Shared } from './core-store.ts'
import { Holdings, type Owner } from './holdings.ts'
import { Offering } from './offering.ts'
import type { Mount, Stack } from './stack.ts'
import { Taking } from './taking.ts'

export interface ExchangeOptions {
  forward: boolean
  /** ms that a core has to open. */
  coreTimeout: number
  /** ms, at most, that offers gather in. */
  offerWindow: number
}

export interface ExchangeHooks {
  oncore(core: Core, info: { key: Buffer; namespace: Namespace }, session: Session): void
  onproblem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }): void
  /** The peer shall offer a feed again, which it was told was declined. */
  onwanted(session: Session, namespace: Namespace, hex: string): void
}

/** One peer that takes part. */
interface Node {
  readonly id: number
  readonly peer: Peer
  timer: ReturnType<typeof setTimeout> | null
}

/** Keys in one read of a store that shares very many. */
const chunk = 1024

/** Brings stores and peers together: what stores share goes to the peers, what peers give goes to stores and on. */
export class Exchange {
  readonly holdings: Holdings
  private readonly stack: Stack
  private readonly options: ExchangeOptions
  private readonly hooks: ExchangeHooks
  private readonly forwarding = new Forwarding()
  private readonly offering: Offering
  private readonly taking: Taking
  private readonly nodes = new Map<number, Node>()
  private readonly bySession = new Map<Session, Node>()
  /** Work that leads to offers: `settled` waits for it. */
  private readonly work = new Set<Promise<unknown>>()
  private nextId = 0

  constructor(stack: Stack, options: ExchangeOptions, hooks: ExchangeHooks) {
    this.stack = stack
    this.options = options
    this.hooks = hooks
    this.holdings = new Holdings(options.coreTimeout)
    this.offering = new Offering(stack, (key, namespace) => this.coreOf(key, namespace))
    this.taking = new Taking(stack, {
      known: (hex) => this.holdings.core(hex),
      onlate: ({ key, namespace, peer }) => hooks.onwanted(peer.session, namespace, hexOf(key)),
    })
  }

  /** A peer takes part from here on: it is offered everything that the stores share with it. */
  async join(session: Session): Promise<void> {
    const peer = { publicKey: session.remotePublicKey as Buffer, userData: session.remoteUserData, session }
    const node: Node = { id: this.nextId++, peer, timer: null }
    this.nodes.set(node.id, node)
    this.bySession.set(session, node)
    this.handle({ type: 'joined', peer: node.id })
    await Promise.all(this.stack.all.map((mount) => this.shareFrom(mount, node)))
    await this.flush(node)
  }

  leave(session: Session) {
    const node = this.bySession.get(session)
    if (!node) return
    if (node.timer) clearTimeout(node.timer)
    this.bySession.delete(session)
    this.nodes.delete(node.id)
    this.handle({ type: 'left', peer: node.id })
  }

  /** A peer offers feeds. */
  advertise(session: Session, offer: Offer, accept: Accept) {
    const node = this.bySession.get(session)
    if (!node) return accept(null, [])
    this.handle({ type: 'heard', peer: node.id, namespace: offer.namespace, keys: offer.keys.map(hexOf) })
    return this.taking.answer(offer, accept, node.peer)
  }

  /** Both sides agreed that we take a feed. */
  taken(session: Session, core: Core, { key, namespace }: { key: Buffer; namespace: Namespace }) {
    const hex = hexOf(key)
    const isNew = !this.holdings.core(hex)
    this.holdings.own(hex, namespace, this.taking.ownerOf(hex))
    this.holdings.setCore(hex, core)
    if (isNew) this.hooks.oncore(core, { key, namespace }, session)
    const from = this.bySession.get(session)
    if (this.options.forward && from) this.handle({ type: 'have', namespace, keys: [hex], from: from.id })
  }

  /** A peer asks to be offered feeds again that it had declined. */
  again(session: Session, namespace: Namespace, keys: string[]) {
    const node = this.bySession.get(session)
    if (node) this.handle({ type: 'again', peer: node.id, namespace, keys })
  }

  /** A store was mounted: the peers get what it adds, and lose what it holds back. */
  async mounted(mount: Mount): Promise<void> {
    await this.track(Promise.all([...this.nodes.values()].map((node) => this.shareFrom(mount, node))))
    if (mount.store.hold) await this.track(this.review())
  }

  /** A store was unmounted: the peers lose what only it shared, and get what it held back. */
  unmounted(mount: Mount) {
    for (const [namespace, keys] of this.holdings.disown(mount))
      this.handle({ type: 'lost', namespace, keys })
    if (mount.store.hold) void this.track(this.review())
  }

  async announce(owner: Owner, namespace: Namespace, shared: readonly Shared[]): Promise<void> {
    const keys = await this.note(shared, namespace, owner)
    this.handle({ type: 'have', namespace, keys })
  }

  /** Resolves when everything that is to be offered now has been offered. */
  async settled(): Promise<void> {
    do {
      await Promise.all(this.work)
      await Promise.all([...this.nodes.values()].map((node) => this.flush(node)))
    } while (this.work.size > 0)
  }

  close() {
    for (const node of this.nodes.values()) if (node.timer) clearTimeout(node.timer)
    this.nodes.clear()
    this.bySession.clear()
  }

  private async shareFrom(mount: Mount, node: Node): Promise<void> {
    const { store } = mount
    if (!store.share) return
    const namespace = mount.namespace === '*' ? null : mount.namespace
    const offered = await this.stack.ask(mount, () => store.share?.({ namespace, peer: node.peer }), null)
    if (!offered) return
    const give = async (part: Shared[]) => {
      const keys = await this.note(part, namespace, mount)
      if (this.stack.has(mount)) this.handle({ type: 'have', namespace, keys, to: node.id })
    }
    await this.stack.ask(mount, () => eachChunk(offered, give), undefined)
  }

  /** Notes shared cores; one that fails to open fails alone. */
  private async note(shared: readonly Shared[], namespace: Namespace, owner: Owner): Promise<string[]> {
    const noted = await Promise.all(
      shared.map((one) =>
        this.holdings.add(one, namespace, owner).catch((error) => {
          this.hooks.onproblem(toReplic8Error(error, 'ERR_CORE_FAILED'), { namespace })
          return undefined
        }),
      ),
    )
    return noted.filter((hex) => hex !== undefined)
  }

  private async coreOf(key: Buffer, namespace: Namespace): Promise<Core | undefined> {
    const hex = hexOf(key)
    const core = this.holdings.core(hex) ?? (await this.taking.resolve(key, namespace))
    if (core) this.holdings.setCore(hex, core)
    return core ?? undefined
  }

  private handle(event: ForwardingEvent) {
    for (const effect of this.forwarding.handle(event)) this.run(effect)
  }

  private run(effect: ForwardingEffect) {
    const node = this.nodes.get(effect.peer)
    if (!node) return
    switch (effect.type) {
      case 'open-window': {
        const wait = this.options.offerWindow * (0.5 + Math.random() / 2)
        node.timer = setTimeout(() => void this.flush(node), wait)
        return
      }
      case 'offer':
        void this.track(this.offering.offer(node.peer, effect.namespace, effect.keys))
        return
      case 'withdraw':
        this.offering.withdraw(node.peer, effect.namespace, effect.keys)
    }
  }

  /** A store that holds feeds back has come or gone: asks again about every feed of every peer. */
  private async review(): Promise<void> {
    for (const { id, peer } of this.nodes.values()) {
      for (const [namespace, hex, wasHeld] of this.offering.of(peer.session)) {
        const question = { key: keyOf(hex), header: {}, namespace, peer }
        const isHeld = (await this.offering.prepare(question)) === undefined
        if (isHeld && !wasHeld) this.offering.hold(peer, namespace, hex)
        if (!isHeld && wasHeld) this.handle({ type: 'again', peer: id, namespace, keys: [hex] })
      }
    }
  }

  private flush(node: Node): Promise<unknown> {
    if (node.timer) clearTimeout(node.timer)
    node.timer = null
    this.handle({ type: 'flush', peer: node.id })
    return Promise.all(this.work)
  }

  private track<T>(promise: Promise<T>): Promise<T> {
    this.work.add(promise)
    const done = () => this.work.delete(promise)
    promise.then(done, done)
    return promise
  }
}

async function eachChunk(
  shared: Iterable<Shared> | AsyncIterable<Shared>,
  give: (part: Shared[]) => Promise<void>,
) {
  let part: Shared[] = []
  for await (const one of shared) {
    part.push(one)
    if (part.length < chunk) continue
    await give(part)
    part = []
  }
  if (part.length > 0) await give(part)
}

const hexOf = (key: Uint8Array) => Buffer.from(key).toString('hex')
const keyOf = (hex: string) => Buffer.from(hex, 'hex')
