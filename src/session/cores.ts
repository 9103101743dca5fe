import { type Core, keyHex, whenNamed, whenReady } from './core.ts'
import { knownCore, rememberCore } from './known-cores.ts'
import type { Meter } from './meter.ts'
import { Replication, type ReplicationHooks } from './replication.ts'

interface Emitter {
  on?(event: 'error', handler: (error: Error) => void): unknown
  removeListener?(event: 'error', handler: (error: Error) => void): unknown
}

/** The cores that one session shares or has taken, each once, by key. */
export class Cores {
  readonly byKey = new Map<string, Replication>()
  private readonly meter: Meter
  private readonly hooks: ReplicationHooks
  private readonly watched = new Map<Core, (error: Error) => void>()

  constructor(meter: Meter, hooks: ReplicationHooks) {
    this.meter = meter
    this.hooks = hooks
  }

  /** The session's core of a key; the first one that was shared or taken stays. */
  add(core: Core, hex: string): Replication {
    let replication = this.byKey.get(hex)
    if (!replication) {
      rememberCore(hex, core)
      replication = new Replication(core, hex, this.meter, this.hooks)
      this.byKey.set(hex, replication)
    }
    return replication
  }

  /** Opens a core. Errors: ERR_CORE_FAILED. */
  async open(core: Core, timeout: number): Promise<Replication> {
    this.contain(core)
    await whenReady(core, timeout)
    const replication = this.add(core, keyHex(core) as string)
    replication.watch()
    // Asked after watch() asked, so answered after it: then the lengths of all feeds that can be named are known.
    await whenNamed(core)
    return replication
  }

  /** An 'error' event that nobody listens to ends the process: a core that fails shall cost that core only. */
  contain(core: Core) {
    const emitter = core as Emitter
    if (this.watched.has(core) || typeof emitter.on !== 'function') return
    const onerror = (error: Error) => {
      const hex = keyHex(core)
      const replication = hex ? this.byKey.get(hex) : undefined
      if (replication?.core === core) this.hooks.onfail(replication, error)
    }
    emitter.on('error', onerror)
    this.watched.set(core, onerror)
  }

  /** The key as this process has it: the Buffer of the session's core, else of another session's, else a new one. */
  keyOf(hex: string): Buffer {
    for (const core of [this.byKey.get(hex)?.core, knownCore(hex)]) {
      if (core && keyHex(core) === hex && Buffer.isBuffer(core.key)) return core.key
    }
    return Buffer.from(hex, 'hex')
  }

  /** Feeds of closed cores can be opened by the others that hold them too. */
  reattach(closed: Replication) {
    const keys = closed.feedKeys
    if (keys.length === 0) return
    for (const other of this.byKey.values()) {
      if (other !== closed && keys.some((hex) => other.owns(hex))) other.attach()
    }
  }

  /** Lets go of a core that failed; a new one may take its place. */
  drop(replication: Replication) {
    replication.release()
    if (this.byKey.get(replication.hex) === replication) this.byKey.delete(replication.hex)
  }

  release() {
    for (const replication of this.byKey.values()) replication.release()
    for (const [core, onerror] of this.watched) (core as Emitter).removeListener?.('error', onerror)
    this.watched.clear()
  }
}
