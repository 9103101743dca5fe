import type { Namespace } from '../negotiation/events.ts'
import { type Core, keyHex } from '../session/core.ts'
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

/** Every feed that the replicator holds, the namespaces that it is shared in, and by whom. */
export class Holdings {
  private readonly byKey = new Map<string, Holding>()
  private readonly opener: Opener

  /** @param timeout ms that a core has to open */
  constructor(timeout: number) {
    this.opener = new Opener(timeout)
  }

  /** Notes a core or a key; gives its key as hex digits. Errors: ERR_CORE_FAILED. */
  async add(shared: Shared, namespace: Namespace, owner: Owner): Promise<string> {
    if (shared instanceof Uint8Array) return this.own(Buffer.from(shared).toString('hex'), namespace, owner)
    if (!keyHex(shared)) await this.opener.open(shared)
    const hex = this.own(keyHex(shared) as string, namespace, owner)
    this.setCore(hex, shared)
    return hex
  }

  own(hex: string, namespace: Namespace, owner: Owner): string {
    const holding = this.holding(hex)
    const owners = holding.owners.get(namespace) ?? new Set()
    holding.owners.set(namespace, owners.add(owner))
    return hex
  }

  setCore(hex: string, core: Core) {
    this.holding(hex).core ??= core
  }

  core(hex: string): Core | undefined {
    return this.byKey.get(hex)?.core
  }

  get cores(): Core[] {
    return [...this.byKey.values()].flatMap(({ core }) => core ?? [])
  }

  /** Forgets an owner; gives the feeds that nobody shares any more, by namespace. */
  disown(owner: Owner): Map<Namespace, string[]> {
    const lost = new Map<Namespace, string[]>()
    for (const [hex, { owners }] of this.byKey) {
      for (const [namespace, all] of owners) {
        if (!all.delete(owner) || all.size > 0) continue
        owners.delete(namespace)
        lost.set(namespace, [...(lost.get(namespace) ?? []), hex])
      }
      if (owners.size === 0) this.byKey.delete(hex)
    }
    return lost
  }

  private holding(hex: string): Holding {
    const holding = this.byKey.get(hex) ?? { owners: new Map() }
    this.byKey.set(hex, holding)
    return holding
  }
}
