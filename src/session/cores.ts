import { type Core, feedCount, isFeed, isOpen, keyHex, keyIn, naming } from './core.ts'
import { knownCore, loosenCore, rememberCore, SessionSource, type Source } from './known-cores.ts'
import type { Meter } from './meter.ts'
import { Opener } from './opener.ts'
import { Replication, type ReplicationHooks, type Traffic } from './replication.ts'

interface Emitter {
  setMaxListeners?(count: number): unknown
  on?(event: 'error', handler: (this: unknown, error: Error) => void): unknown
  removeListener?(event: 'error', handler: (this: unknown, error: Error) => void): unknown
}

/** The cores that one session shares or has taken, each once, by key. */
export class Cores implements Source {
  readonly byKey = new Map<string, Replication>()
  private readonly meter: Meter
  private readonly hooks: ReplicationHooks
  private readonly opener: Opener
  /** Of cores that were dropped. */
  private readonly traffic = new Map<string, Traffic>()
  private readonly contained = new Set<Core>()
  /** Those of several feeds, or that wrap one. */
  private readonly structures = new Set<Replication>()
  private readonly source = new SessionSource(this)
  /** One for all: an emitter calls it as its own. */
  private readonly onerror: (this: unknown, error: Error) => void
  private released = false

  /** @param timeout ms that a core may take to open */
  constructor(meter: Meter, timeout: number, hooks: ReplicationHooks) {
    this.meter = meter
    this.hooks = hooks
    this.opener = new Opener(timeout)
    const failed = (core: Core, error: Error) => {
      const hex = keyHex(core)
      const replication = hex ? this.byKey.get(hex) : undefined
      if (replication?.core === core) this.hooks.onfail(replication, error)
    }
    this.onerror = function (error) {
      failed(this as Core, error)
    }
  }

  /** The session's core of a key; the first one that was shared or taken stays, unless a later one holds more feeds. */
  add(core: Core, hex: string): Replication {
    const known = this.byKey.get(hex)
    if (!known) {
      const replication = new Replication(core, hex, this.trafficOf(hex), this.meter, this.hooks)
      this.traffic.delete(hex)
      rememberCore(hex, this.source, core)
      this.byKey.set(hex, replication)
      if (!isFeed(core)) this.structures.add(replication)
      return replication
    }
    if (known.core === core) return known
    if ((feedCount(core) ?? 0) > (feedCount(known.core) ?? 0)) {
      known.replace(core)
      this.structures.add(known)
    }
    return known
  }

  /** The session's core of a key. */
  core(hex: string): Core | undefined {
    return this.byKey.get(hex)?.core
  }

  /** Opens a core, until it has its key; null: it is open. Errors: ERR_CORE_FAILED. */
  open(core: Core): Promise<void> | null {
    this.contain(core)
    return isOpen(core) ? null : this.opener.open(core)
  }

  /**
   * Opens a core, adds it, and watches its feeds; no promise where it is open. Errors: ERR_CORE_FAILED.
   * @param hex its key, where that is known already
   */
  prepare(core: Core, hex?: string): Promise<Replication> | Replication {
    const opening = this.open(core)
    return opening ? opening.then(() => this.addOpen(core, hex)) : this.addOpen(core, hex)
  }

  /** Watches the feeds of a core that is added already, once it is open. `fail` gets ERR_CORE_FAILED, or what was thrown. */
  watchOpened(replication: Replication, fail: (replication: Replication, error: unknown) => void) {
    const { core } = replication
    const watch = (error: unknown) => {
      if (replication.core !== core) return
      try {
        if (error) throw error
        void this.watch(replication)
      } catch (thrown) {
        fail(replication, thrown)
      }
    }
    try {
      this.contain(core)
      if (isOpen(core)) watch(null)
      else this.opener.whenOpen(core, watch)
    } catch (error) {
      watch(error)
    }
  }

  private addOpen(core: Core, hex?: string): Promise<Replication> | Replication {
    const replication = this.add(core, hex ?? (keyHex(core) as string))
    const { core: kept } = replication
    const opening = kept === core ? null : this.open(kept)
    const watch = () => (replication.core === kept ? this.watch(replication) : null)
    const watching = opening ? opening.then(watch) : this.watch(replication)
    return watching ? watching.then(() => replication) : replication
  }

  private watch(replication: Replication): Promise<void> | null {
    replication.watch()
    // Asked after watch() asked, so answered after it: then the lengths of all feeds that can be named are known.
    const wait = naming(replication.core)
    return wait && this.opener.limited(wait).catch(() => {})
  }

  /** An 'error' event that nobody listens to ends the process: a core that fails shall cost that core only. */
  contain(core: Core) {
    const emitter = core as Emitter
    if (this.released || this.contained.has(core) || typeof emitter.on !== 'function') return
    // One listener a session: many sessions of one core are no leak.
    emitter.setMaxListeners?.(0)
    emitter.on('error', this.onerror)
    this.contained.add(core)
  }

  /** The key as this process has it: the Buffer of the session's core, else of another session's, else a new one. */
  keyOf(hex: string): Buffer {
    return this.byKey.get(hex)?.key ?? keyIn(knownCore(hex), hex) ?? Buffer.from(hex, 'hex')
  }

  /** Payload bytes of a feed on this session, also while nothing of it is agreed on. */
  trafficOf(hex: string): Traffic {
    return this.byKey.get(hex)?.traffic ?? this.traffic.get(hex) ?? { sent: 0, received: 0 }
  }

  /** Feeds of a core that was closed can be opened by the others that hold them too. */
  reattach(keys: string[]) {
    // Most cores are one feed, which nobody else holds.
    const hasOther = (hex: string) => this.byKey.has(hex) || this.structures.size > 0
    if (!keys.some(hasOther)) return
    for (const hex of keys) this.byKey.get(hex)?.attach()
    for (const other of this.structures) if (keys.some((hex) => other.owns(hex))) other.attach()
  }

  /** Lets go of a core; a new one may take its place. */
  drop(replication: Replication) {
    const keys = replication.feedKeys
    replication.release()
    if (this.byKey.get(replication.hex) === replication) this.forget(replication)
    this.reattach(keys)
  }

  /** What a feed moved is not forgotten with it. */
  private forget(replication: Replication) {
    const { hex, traffic, core } = replication
    this.structures.delete(replication)
    loosenCore(hex, this.source, core)
    this.byKey.delete(hex)
    if (traffic.sent + traffic.received > 0) this.traffic.set(hex, traffic)
  }

  /** Nothing of this session is left with a core: what happens to it is the application's alone. */
  letGo(core: Core) {
    if (this.contained.delete(core)) (core as Emitter).removeListener?.('error', this.onerror)
  }

  release() {
    this.released = true
    this.opener.stop()
    for (const [hex, replication] of this.byKey) {
      loosenCore(hex, this.source, replication.core)
      replication.release()
    }
    for (const core of this.contained) (core as Emitter).removeListener?.('error', this.onerror)
    this.contained.clear()
  }
}
