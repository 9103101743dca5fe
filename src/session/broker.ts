import { Replic8Error, toReplic8Error } from '../errors.ts'
import { isOver } from '../negotiation/agreement.ts'
import type { Effect, Namespace, NegotiationEvent } from '../negotiation/events.ts'
import { Negotiation } from '../negotiation/negotiation.ts'
import type { Incoming, Outgoing } from '../negotiation/state.ts'
import type { ControlMessage } from '../wire/messages.ts'
import type { AcceptHandler } from './accept.ts'
import { Brake } from './brake.ts'
import { Changes } from './changes.ts'
import { Cores } from './cores.ts'
import { Downloads } from './downloads.ts'
import { EffectQueue } from './effect-queue.ts'
import type { Engine } from './engine.ts'
import type { Listeners } from './listeners.ts'
import type { Meter } from './meter.ts'
import { Offers } from './offers.ts'
import type { ResolvedOptions } from './options.ts'
import { Progress } from './progress.ts'
import { Reconnect } from './reconnect.ts'
import type { Replication } from './replication.ts'
import { replicationError } from './replication-error.ts'
import { Shares } from './shares.ts'
import { Syncs } from './syncs.ts'
import { StatedByOffers } from './unsaid.ts'

export interface BrokerHooks {
  send(message: ControlMessage): void
  engine(): Engine | null
  /** Who hears of events. */
  readonly listeners: Listeners
  emit(event: string, namespace: Namespace, ...args: unknown[]): void
  problem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }): void
  /** The session cannot go on; `local`: what this side's session ends with, where it is not the error told to the peer. */
  fail(error: Replic8Error, local?: Error): void
  /** Both sides are done. */
  finished(): void
  readonly writable: boolean
}

/** Carries out what the negotiation decides: asks the accept handlers, opens and closes feeds, settles promises. */
export class Broker {
  readonly negotiation: Negotiation
  readonly cores: Cores
  readonly shares: Shares
  readonly syncs: Syncs
  readonly reconnect: Reconnect
  /** Downloads pause while it is on. */
  readonly brake = new Brake()
  private readonly hooks: BrokerHooks
  private readonly changes = new Changes<Replication>((replication) => this.onchange(replication))
  private readonly downloads: Downloads
  private readonly progress: Progress
  private readonly offers: Offers
  private readonly queue = new EffectQueue(
    (effect) => this.run(effect),
    () => this.over,
  )
  private over = false

  constructor(options: ResolvedOptions, meter: Meter, hooks: BrokerHooks) {
    this.hooks = hooks
    this.negotiation = new Negotiation({
      live: options.live,
      limits: options.limits,
      channels: options.limits.channels,
    })
    this.cores = new Cores(meter, options.acceptTimeout, {
      ondirty: (replication) => this.changes.add(replication),
      onfail: (replication, error) => this.onfail(replication, replicationError(error)),
      oncoreclosed: (replication) => this.onfail(replication, new Replic8Error('ERR_CORE_CLOSED')),
      stated: ({ hex }, index) => new StatedByOffers(this.negotiation.state.feeds.get(hex), index),
      get writable() {
        return hooks.writable
      },
      brake: this.brake,
    })
    const handle = (event: NegotiationEvent) => this.handle(event)
    this.reconnect = new Reconnect(options.memory, this.negotiation.state, handle)
    this.downloads = new Downloads(this.negotiation.state, this.cores, handle)
    this.progress = new Progress(
      this.cores,
      (event, namespace, ...args) => hooks.emit(event, namespace, ...args),
      () => hooks.listeners.hear('progress'),
    )
    this.shares = new Shares(this.cores, options.limits, handle, {
      problem: (error, where) => hooks.problem(error, where),
      onsettled: (keys) => this.tidy(keys),
    })
    this.syncs = new Syncs(this.cores, (event) => {
      this.look()
      handle(event)
    })
    this.offers = this.createOffers(options.acceptTimeout)
  }

  /** Gives the negotiation an event and carries out the effects, those of nested events after those of the outer one. */
  handle(event: NegotiationEvent) {
    if (this.over) return
    try {
      this.queue.add(this.negotiation.handle(event))
      if (event.type === 'ready' || isHello(event)) this.reconnect.expect()
    } catch (error) {
      // Not knowing what was carried out, the session cannot keep its word.
      this.hooks.fail(toReplic8Error(error, 'ERR_CORE_FAILED'))
    }
  }

  /** Has the negotiation know what has changed until now. */
  look() {
    this.changes.lookNow()
    this.downloads.hurry()
  }

  /** Requests that waited for the transport are answered. */
  resume() {
    for (const replication of this.cores.byKey.values()) replication.resume()
  }

  /** The session is over. */
  end(error: Error | null) {
    if (this.over) return
    this.reconnect.end()
    this.downloads.stop()
    this.progress.stop()
    this.over = true
    this.offers.end()
    const closed = error ?? new Replic8Error('ERR_CLOSED')
    this.shares.end(error)
    this.syncs.end(closed)
    this.cores.release()
    this.brake.stop()
  }

  private run(effect: Effect) {
    switch (effect.type) {
      case 'send':
        if (!this.queue.isOutdated(effect)) this.hooks.send(effect.message)
        return
      case 'advertise':
        return this.offers.advertise(effect)
      case 'agreed':
        return this.onagreed(effect)
      case 'open-feed':
        return this.openFeed(effect.key)
      case 'close-feed':
        return this.closeFeed(effect.key)
      case 'target':
        return this.downloads.aim(effect.key)
      case 'answered':
        return this.shares.answered(effect.share, effect.keys)
      case 'share-withdrawn':
        return this.shares.withdrawn(effect.share)
      case 'withdrawn':
        this.onwithdrawn(effect.key, effect.namespace)
        return this.emit('withdraw', effect.namespace, {
          key: this.cores.keyOf(effect.key),
          namespace: effect.namespace,
        })
      case 'updated': {
        const { namespace, header } = effect
        return this.emit('update', namespace, { key: this.cores.keyOf(effect.key), namespace, header })
      }
      case 'sync':
        if (this.hooks.listeners.hear('sync')) this.emit('sync', null, this.cores.keyOf(effect.key))
        return
      case 'synced':
        return this.syncs.synced(effect.waiter, effect.feeds)
      case 'sync-failed':
        return this.syncs.failed(effect.waiter, effect.code, effect.key)
      case 'problem': {
        const { code, detail, key, namespace } = effect
        const where = {
          ...(key ? { key: this.cores.keyOf(key) } : {}),
          ...(namespace === undefined ? {} : { namespace }),
        }
        return this.hooks.problem(new Replic8Error(code, detail), where)
      }
      case 'violation':
        return this.hooks.fail(new Replic8Error(effect.code, effect.detail))
      case 'finished':
        return this.hooks.finished()
    }
  }

  private emit(event: string, namespace: Namespace, ...args: unknown[]) {
    this.hooks.emit(event, namespace, ...args)
  }

  private createOffers(acceptTimeout: number): Offers {
    const { hooks } = this
    return new Offers(this.cores, acceptTimeout, {
      handlers: (namespace) => hooks.listeners.of('advertise', namespace) as AcceptHandler[],
      handle: (event) => this.handle(event),
      onanswered: (keys) => this.tidy(keys),
      onfail: (replication, error) => this.onfail(replication, error),
      problem: (error, where) => hooks.problem(error, where),
      refuse: (told, error) => hooks.fail(told, error),
    })
  }

  private onagreed({ key, namespace, direction }: Effect & { type: 'agreed' }) {
    const replication = this.cores.byKey.get(key)
    if (!replication) return
    if (direction === 'in') this.progress.start(replication, namespace)
    else replication.offer()
    if (!this.hooks.listeners.hear('replicate')) return
    this.emit('replicate', namespace, replication.core, { key: this.cores.keyOf(key), namespace, direction })
  }

  private openFeed(key: string) {
    const engine = this.hooks.engine()
    if (engine) this.cores.byKey.get(key)?.open(engine)
  }

  private closeFeed(key: string) {
    const replication = this.cores.byKey.get(key)
    if (!replication) return
    this.progress.finish(replication)
    replication.close()
    this.cores.reattach(replication.feedKeys)
    this.tidy([key])
  }

  private onwithdrawn(key: string, namespace: Namespace) {
    const replication = this.cores.byKey.get(key)
    if (!replication) return
    this.progress.finish(replication, namespace)
    this.downloads.aim(key)
    this.tidy([key])
  }

  private onchange(replication: Replication) {
    if (this.over || replication.released) return
    this.downloads.touch(replication)
    this.progress.touch(replication)
  }

  /** Lets go of cores that no offer speaks of any more. */
  private tidy(keys: string[]) {
    for (const key of keys) {
      const replication = this.cores.byKey.get(key)
      if (!replication || this.shares.isOpening(replication.core)) continue
      const feed = this.negotiation.state.feeds.get(key)
      if (feed && (feed.outgoing.some(mayStand) || feed.incoming.some(mayStand))) continue
      this.cores.drop(replication)
      this.cores.letGo(replication.core)
    }
  }

  /** A core failed: it costs this core, unless the peer sent a wrong proof. */
  private onfail(replication: Replication, error: Replic8Error) {
    const { hex } = replication
    if (this.over || this.cores.byKey.get(hex) !== replication) return
    if (error.code === 'ERR_INVALID_PROOF') return this.hooks.fail(error)
    const key = this.cores.keyOf(hex)
    this.progress.finish(replication)
    const reason = error.code === 'ERR_CORE_CLOSED' ? 'core-closed' : 'core-failed'
    this.handle({ type: 'failed', key: hex, reason })
    this.cores.drop(replication)
    this.hooks.problem(error, { key })
  }
}

function mayStand(offer: Outgoing | Incoming): boolean {
  return !isOver(offer)
}

function isHello(event: NegotiationEvent): boolean {
  return event.type === 'message' && event.message.type === 'hello'
}
