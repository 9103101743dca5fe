import { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import { type Core, isCore, keyHex, toHexKey } from '../session/core.ts'
import { Opener } from '../session/opener.ts'
import type { Shared } from './core-store.ts'
import type { Mount } from './stack.ts'

/** Who shares a feed: a store, or the application by its own accept handler. */
export type Owner = Mount | 'application'

interface Holding {
  core?: Core
  /** Who shares the feed, in each namespace. */
  readonly owners: Map<Namespace, Set<Owner>>
}

interface Emitter {
  on?(event: 'error', handler: () => void): unknown
  removeListener?(event: 'error', handler: () => void): unknown
}

/** Every feed that the replicator holds, the namespaces that it is shared in, and by whom. */
export class Holdings {
  private readonly byKey = new Map<string, Holding>()
  private readonly contained = new Set<Core>()
  private readonly opener: Opener
  private closed = false

  /** @param timeout ms that a core has to open */
  constructor(timeout: number) {
    this.opener = new Opener(timeout)
  }

  /** The key of a core or key, as hex digits; opens a core that has none yet. Errors: ERR_BAD_ARGUMENT, ERR_CORE_FAILED. */
  async keyOf(shared: Shared): Promise<string> {
    if (shared instanceof Uint8Array) return toHexKey(shared)
    if (!isCore(shared))
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'What is shared must be a core or a key of 32 bytes.')
    this.contain(shared)
    if (!keyHex(shared)) await this.opener.open(shared)
    return keyHex(shared) as string
  }

  /** Notes that a feed is shared in a namespace, and by whom. */
  own(hex: string, namespace: Namespace, owner: Owner) {
    const { owners } = this.holding(hex)
    owners.set(namespace, (owners.get(namespace) ?? new Set()).add(owner))
  }

  isOwned(hex: string, namespace: Namespace): boolean {
    return this.byKey.get(hex)?.owners.has(namespace) === true
  }

  /** The first core of a feed stays, until it is closed. */
  setCore(hex: string, core: Core) {
    const holding = this.holding(hex)
    if (holding.core && !isClosed(holding.core)) return
    this.contain(core)
    holding.core = core
  }

  /** The core of a feed, unless it was closed. */
  core(hex: string): Core | undefined {
    const core = this.byKey.get(hex)?.core
    return core && !isClosed(core) ? core : undefined
  }

  get cores(): Core[] {
    return [...this.byKey.keys()].flatMap((hex) => this.core(hex) ?? [])
  }

  /** Forgets an owner; gives the feeds that nobody shares any more, by namespace. */
  disown(owner: Owner): Map<Namespace, string[]> {
    const lost = new Map<Namespace, string[]>()
    for (const [hex, { owners, core }] of this.byKey) {
      for (const [namespace, all] of owners) {
        if (!all.delete(owner) || all.size > 0) continue
        owners.delete(namespace)
        lost.set(namespace, [...(lost.get(namespace) ?? []), hex])
      }
      if (owners.size > 0) continue
      this.byKey.delete(hex)
      if (core) this.letGo(core)
    }
    return lost
  }

  /** An 'error' event that nobody listens to ends the process; the sessions tell of it, as soon as they know the core. */
  contain(core: Core) {
    const emitter = core as Emitter
    if (this.closed || this.contained.has(core) || typeof emitter.on !== 'function') return
    emitter.on('error', ignore)
    this.contained.add(core)
  }

  close() {
    this.closed = true
    this.opener.stop()
    for (const core of this.contained) this.letGo(core)
  }

  private letGo(core: Core) {
    if (this.contained.delete(core)) (core as Emitter).removeListener?.('error', ignore)
  }

  private holding(hex: string): Holding {
    const holding = this.byKey.get(hex) ?? { owners: new Map() }
    this.byKey.set(hex, holding)
    return holding
  }
}

const ignore = () => {}

export function isClosed(core: Core): boolean {
  return (core as { closed?: unknown }).closed === true
}
