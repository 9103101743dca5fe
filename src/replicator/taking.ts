import type { Namespace } from '../negotiation/events.ts'
import type { Accept, Offer } from '../session/accept.ts'
import type { Core } from '../session/core.ts'
import type { FeedQuestion, Peer } from './core-store.ts'
import type { Owner } from './holdings.ts'
import type { Mount, Stack } from './stack.ts'

/** Milliseconds that the quick answers of a page wait for the slow ones. */
const grace = 200

export interface TakingHooks {
  /** A core that is held already, whoever owns it. */
  known(hex: string): Core | undefined
  /** A store took a feed after its page was answered: the peer shall offer it again. */
  onlate(question: FeedQuestion): void
}

/** Decides what is taken of an offer, by asking the stores: first who rejects, then who owns it, then who stores it. */
export class Taking {
  private readonly stack: Stack
  private readonly hooks: TakingHooks
  private readonly owners = new Map<string, Mount>()
  /** Cores of stores that answered after their page had to be answered. */
  private readonly late = new Map<string, Core>()

  constructor(stack: Stack, hooks: TakingHooks) {
    this.stack = stack
    this.hooks = hooks
  }

  /** Answers a page; a store that does not answer in time holds up its own feeds only, which are asked for again. */
  async answer(offer: Offer, accept: Accept, peer: Peer): Promise<void> {
    const taken: Core[] = []
    let answered = false
    const decisions = offer.keys.map(async (key, i) => {
      const question = { key, header: offer.headers[i] ?? {}, namespace: offer.namespace, peer }
      const core = await this.decide(question)
      if (!core) return
      if (!answered) taken.push(core)
      else {
        this.late.set(key.toString('hex'), core)
        this.hooks.onlate(question)
      }
    })
    await firstOf(Promise.all(decisions), grace)
    answered = true
    accept(null, taken)
  }

  /** Who owns a feed that was taken: the store that gave its core, or the application's own handler. */
  ownerOf(hex: string): Owner {
    return this.owners.get(hex) ?? 'application'
  }

  /** An owned core by its key, never creating one. */
  async resolve(key: Buffer, namespace: Namespace): Promise<Core | undefined> {
    for (const mount of this.stack.sharing(namespace)) {
      const core = await this.ask(mount, key, () => mount.store.resolve?.(key))
      if (core) return core
    }
    return undefined
  }

  private async decide(question: FeedQuestion): Promise<Core | undefined> {
    const { key, namespace } = question
    const hex = key.toString('hex')
    const mounts = this.stack.accepting(namespace)
    for (const mount of mounts) {
      const { store } = mount
      if (store.reject && (await this.stack.ask(mount, () => store.reject?.(question), true)))
        return undefined
    }
    const late = this.late.get(hex)
    this.late.delete(hex)
    const held = late ?? this.hooks.known(hex) ?? (await this.resolve(key, namespace))
    if (held) return held
    for (const mount of mounts) {
      const core = await this.ask(mount, key, () => mount.store.store?.(question))
      if (core) return core
    }
    return undefined
  }

  private async ask(
    mount: Mount,
    key: Buffer,
    question: () => Core | null | undefined | Promise<Core | null | undefined>,
  ) {
    const core = await this.stack.ask(mount, question, null)
    if (core) this.owners.set(key.toString('hex'), mount)
    return core ?? undefined
  }
}

/** Waits for a promise, or for so many ms. */
function firstOf(promise: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    promise.then(done, done)
  })
}
