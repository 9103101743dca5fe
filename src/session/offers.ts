import { Replic8Error, toReplic8Error } from '../errors.ts'
import type { Effect, Namespace, NegotiationEvent } from '../negotiation/events.ts'
import { Acceptance, type AcceptHandler, type AcceptOutcome, freezeOffer } from './accept.ts'
import type { Cores } from './cores.ts'
import type { Replication } from './replication.ts'

export interface OffersHooks {
  /** The handlers of 'advertise' in a namespace. */
  handlers(namespace: Namespace): AcceptHandler[]
  handle(event: NegotiationEvent): void
  /** A page has its answer. */
  onanswered(keys: string[]): void
  /** A core that was taken cannot be used. */
  onfail(replication: Replication, error: Replic8Error): void
  problem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }): void
  /** A handler refused the peer: `told` is what the peer hears, `error` what this side's session ends with. */
  refuse(told: Replic8Error, error: Error): void
}

/** The peer's offers: hands them to the accept handlers, and takes the cores that they choose. */
export class Offers {
  private readonly cores: Cores
  private readonly acceptTimeout: number
  private readonly hooks: OffersHooks
  private readonly acceptances = new Map<number, Acceptance>()

  constructor(cores: Cores, acceptTimeout: number, hooks: OffersHooks) {
    this.cores = cores
    this.acceptTimeout = acceptTimeout
    this.hooks = hooks
  }

  advertise({ first, namespace, keys, headers }: Effect & { type: 'advertise' }) {
    const handlers = this.hooks.handlers(namespace)
    if (handlers.length === 0) {
      this.hooks.handle({ type: 'answer', first, accepted: keys.map(() => false), reason: 'no-handler' })
      return
    }
    const acceptance = new Acceptance(keys, this.acceptTimeout, {
      open: async (core) => void (await this.cores.open(core)),
      onanswer: (outcome) => this.onanswer(first, keys, outcome),
      onproblem: (error) => this.hooks.problem(error, { namespace }),
      onrefuse: ({ told, error }) => this.hooks.refuse(told, error),
    })
    this.acceptances.set(first, acceptance)
    const known = keys.map((key) => this.cores.keyOf(key))
    acceptance.ask(freezeOffer(namespace, known, headers), handlers)
  }

  /** The session is over: nobody waits for answers. */
  end() {
    for (const acceptance of this.acceptances.values()) acceptance.cancel()
    this.acceptances.clear()
  }

  /** One for all. */
  private readonly onfail = (replication: Replication, error: unknown) =>
    this.hooks.onfail(replication, toReplic8Error(error, 'ERR_CORE_FAILED'))

  private onanswer(first: number, keys: string[], { taken, reason }: AcceptOutcome) {
    this.acceptances.delete(first)
    const chosen = new Set<string>()
    for (const { core, hex, options } of taken) {
      chosen.add(hex)
      this.cores.contain(core)
      const replication = this.cores.add(core, hex)
      if (replication.core !== core) this.hooks.problem(inUse(), { key: this.cores.keyOf(hex) })
      replication.configure(options)
      this.cores.watchOpened(replication, this.onfail)
    }
    this.hooks.handle({ type: 'answer', first, accepted: keys.map((key) => chosen.has(key)), reason })
    this.hooks.onanswered(keys)
  }
}

function inUse(): Replic8Error {
  return new Replic8Error(
    'ERR_CORE_FAILED',
    'Another object of this core is in use on this session already; only that one is filled.',
  )
}
