import { Replic8Error, toReplic8Error } from '../errors.ts'
import type { Namespace, NegotiationEvent, ReadyFeed } from '../negotiation/events.ts'
import type { Header } from '../wire/messages.ts'
import { type Core, keyHex } from './core.ts'
import type { Cores } from './cores.ts'
import type { ResolvedOptions } from './options.ts'
import { type Share, shareArguments } from './share.ts'

interface PendingShare {
  namespace: Namespace
  /** The cores that were not taken back meanwhile. */
  cores: Map<Core, Header>
  resolve(keys: Buffer[]): void
  reject(error: Error): void
}

interface SharesHooks {
  problem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }): void
}

/** What the application shares in one session: opens the cores, and settles the promises. */
export class Shares {
  private readonly cores: Cores
  private readonly options: ResolvedOptions
  private readonly handle: (event: NegotiationEvent) => void
  private readonly hooks: SharesHooks
  private readonly pending = new Map<number, PendingShare>()
  private nextId = 0
  private closed: Error | null = null

  constructor(
    cores: Cores,
    options: ResolvedOptions,
    handle: (event: NegotiationEvent) => void,
    hooks: SharesHooks,
  ) {
    this.cores = cores
    this.options = options
    this.handle = handle
    this.hooks = hooks
  }

  share(args: unknown[]): Share {
    const { namespace, cores, headers } = shareArguments(args, this.options.limits)
    const id = this.nextId++
    const accepted = new Promise<Buffer[]>((resolve, reject) => {
      const withHeaders = new Map(cores.map((core, i) => [core, headers[i] as Header]))
      this.pending.set(id, { namespace, cores: withHeaders, resolve, reject })
    })
    accepted.catch(() => {})
    if (this.closed) this.reject(id, this.closed)
    else {
      this.handle({ type: 'share', share: id, namespace, keys: cores.flatMap((core) => keyHex(core) ?? []) })
      void this.open(id)
    }
    return { accepted, withdraw: () => this.unshare(namespace, cores) }
  }

  unshare(namespace: Namespace, cores: Core[]) {
    for (const share of this.pending.values()) {
      if (share.namespace === namespace) for (const core of cores) share.cores.delete(core)
    }
    this.handle({ type: 'unshare', namespace, keys: cores.flatMap((core) => keyHex(core) ?? []) })
  }

  answered(id: number, keys: string[]) {
    this.pending.get(id)?.resolve(keys.map((key) => this.cores.keyOf(key)))
    this.pending.delete(id)
  }

  withdrawn(id: number) {
    this.reject(id, new Replic8Error('ERR_WITHDRAWN'))
  }

  end(cause: Error | null) {
    this.closed = new Replic8Error('ERR_CLOSED', undefined, cause ? { cause } : {})
    for (const id of [...this.pending.keys()]) this.reject(id, this.closed)
  }

  private reject(id: number, error: Error) {
    this.pending.get(id)?.reject(error)
    this.pending.delete(id)
  }

  /** Opens the cores of a share; one that fails to open fails alone. */
  private async open(id: number) {
    const share = this.pending.get(id) as PendingShare
    const given = share.cores.size
    const feeds: ReadyFeed[] = []
    const opening = [...share.cores].map(async ([core, header]) => {
      try {
        const { hex, lengths } = await this.cores.open(core, this.options.acceptTimeout)
        return { core, feed: { key: hex, header, lengths } }
      } catch (error) {
        this.hooks.problem(toReplic8Error(error, 'ERR_CORE_FAILED'), where(core, share.namespace))
        return undefined
      }
    })
    for (const opened of await Promise.all(opening)) {
      if (opened && share.cores.has(opened.core)) feeds.push(opened.feed)
    }
    if (given > 0 && share.cores.size === 0) this.withdrawn(id)
    this.handle({ type: 'ready', share: id, feeds })
  }
}

function where(core: Core, namespace: Namespace) {
  const hex = keyHex(core)
  return { namespace, ...(hex ? { key: Buffer.from(hex, 'hex') } : {}) }
}
