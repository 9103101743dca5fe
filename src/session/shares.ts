import { Replic8Error, toReplic8Error } from '../errors.ts'
import type { HexKey, Namespace, NegotiationEvent, ReadyFeed } from '../negotiation/events.ts'
import type { Header } from '../wire/messages.ts'
import { type Core, keyHex } from './core.ts'
import type { Cores } from './cores.ts'
import type { SessionLimits } from './options.ts'
import type { Replication } from './replication.ts'
import { type Share, shareArguments } from './share.ts'

interface PendingShare {
  namespace: Namespace
  readonly cores: readonly Core[]
  /** One a core. */
  readonly headers: readonly Header[]
  /** Of the cores, where they are known. */
  keys: (HexKey | undefined)[]
  /** Cores that were taken back meanwhile. */
  readonly takenBack: Set<Core>
  resolve(keys: Buffer[]): void
  reject(error: Error): void
}

/** Missing where the core failed. */
type Prepared = Replication | undefined

/** Cores of a share that are opened at a time: opened all at once, the last of very many would be too late. */
const openedAtOnce = 256

const isPromise = (value: unknown) => value instanceof Promise
const isHex = (value: HexKey | undefined) => value !== undefined

interface SharesHooks {
  problem(error: Replic8Error, where: { key?: Buffer; namespace?: Namespace }): void
  /** Nothing holds on to the cores of these keys for a share any more. */
  onsettled(keys: HexKey[]): void
}

/** What the application shares in one session: opens the cores, and settles the promises. */
export class Shares {
  private readonly cores: Cores
  private readonly limits: SessionLimits
  private readonly handle: (event: NegotiationEvent) => void
  private readonly hooks: SharesHooks
  private readonly pending = new Map<number, PendingShare>()
  /** How many shares are opening a core. */
  private readonly opening = new Map<Core, number>()
  private nextId = 0
  private closed: Error | null = null

  constructor(
    cores: Cores,
    limits: SessionLimits,
    handle: (event: NegotiationEvent) => void,
    hooks: SharesHooks,
  ) {
    this.cores = cores
    this.limits = limits
    this.handle = handle
    this.hooks = hooks
  }

  share(args: unknown[]): Share {
    const { namespace, cores, headers } = shareArguments(args, this.limits)
    const id = this.nextId++
    const keys = cores.map(keyHex)
    const accepted = new Promise<Buffer[]>((resolve, reject) => {
      this.pending.set(id, { namespace, cores, headers, keys, takenBack: new Set(), resolve, reject })
    })
    accepted.catch(() => {})
    if (this.closed) this.reject(id, this.closed)
    else {
      this.handle({ type: 'share', share: id, namespace, keys: keys.filter(isHex) })
      void this.open(id)
    }
    return { accepted, withdraw: () => this.unshare(namespace, cores) }
  }

  /** Keeps the first batch open until the function that it gives is called: a share that has no cores yet. */
  hold(): () => void {
    const id = this.nextId++
    this.handle({ type: 'hold', share: id })
    return () => this.handle({ type: 'ready', share: id, feeds: [] })
  }

  unshare(namespace: Namespace, cores: Core[]) {
    for (const share of this.pending.values()) {
      if (share.namespace === namespace) for (const core of cores) share.takenBack.add(core)
    }
    this.handle({ type: 'unshare', namespace, keys: cores.flatMap((core) => keyHex(core) ?? []) })
  }

  /** Whether a share waits for the core to open, or for the others that it is shared with. */
  isOpening(core: Core): boolean {
    return this.opening.has(core)
  }

  answered(id: number, keys: string[]) {
    const share = this.pending.get(id)
    if (!share) return
    this.pending.delete(id)
    share.resolve(keys.map((key) => this.cores.keyOf(key)))
    this.hooks.onsettled(share.keys.filter(isHex))
  }

  withdrawn(id: number) {
    this.reject(id, new Replic8Error('ERR_WITHDRAWN'))
  }

  end(cause: Error | null) {
    this.closed = new Replic8Error('ERR_CLOSED', undefined, cause ? { cause } : {})
    for (const id of [...this.pending.keys()]) this.reject(id, this.closed)
  }

  private reject(id: number, error: Error) {
    const share = this.pending.get(id)
    this.pending.delete(id)
    share?.reject(error)
  }

  /** Opens the cores of a share, and has those offered that are open while others are not; one that fails fails alone. */
  private async open(id: number) {
    const share = this.pending.get(id) as PendingShare
    const { cores, keys, takenBack } = share
    for (const core of cores) this.opening.set(core, (this.opening.get(core) ?? 0) + 1)
    for (let from = 0; ; ) {
      const prepared = this.prepareSome(share, from)
      const opened = await (prepared.some(isPromise) ? Promise.all(prepared) : (prepared as Prepared[]))
      if (this.closed) return
      const feeds = this.readyOf(share, from, opened)
      from += opened.length
      if (from < cores.length) this.handle({ type: 'partly-ready', share: id, feeds })
      else {
        if (cores.length > 0 && cores.every((core) => takenBack.has(core))) this.withdrawn(id)
        this.handle({ type: 'ready', share: id, feeds })
        return this.hooks.onsettled(keys.filter(isHex))
      }
    }
  }

  /** Opens cores from the one at `from` on, so many at a time. */
  private prepareSome({ cores, keys, takenBack, namespace }: PendingShare, from: number) {
    const prepared: (Promise<Prepared> | Prepared)[] = []
    let opening = 0
    for (let i = from; i < cores.length && opening < openedAtOnce; i++) {
      const core = cores[i] as Core
      const one = takenBack.has(core) ? undefined : this.prepare(core, keys[i], namespace)
      if (isPromise(one)) opening++
      prepared.push(one)
    }
    return prepared
  }

  /** The cores from the one at `from` on, which are open or have failed. */
  private readyOf({ cores, headers, keys, takenBack }: PendingShare, from: number, opened: Prepared[]) {
    const feeds: ReadyFeed[] = []
    for (let i = from; i < from + opened.length; i++) {
      const replication = opened[i - from]
      const core = cores[i] as Core
      this.forget(core)
      if (!replication) {
        keys[i] ??= keyHex(core)
        continue
      }
      const { hex, released, download } = replication
      keys[i] = hex
      if (released || takenBack.has(core)) continue
      feeds.push({ key: hex, header: headers[i] as Header, lengths: download.lengths })
    }
    return feeds
  }

  /** No promise where the core is open already. */
  private prepare(core: Core, key: HexKey | undefined, namespace: Namespace): Promise<Prepared> | Prepared {
    try {
      const prepared = this.cores.prepare(core, key)
      if (!(prepared instanceof Promise)) return prepared
      return prepared.catch((error) => this.failed(core, namespace, error))
    } catch (error) {
      return this.failed(core, namespace, error)
    }
  }

  private failed(core: Core, namespace: Namespace, error: unknown): undefined {
    const hex = keyHex(core)
    const key = hex ? { key: this.cores.keyOf(hex) } : {}
    this.hooks.problem(toReplic8Error(error, 'ERR_CORE_FAILED'), { namespace, ...key })
  }

  private forget(core: Core) {
    const count = (this.opening.get(core) ?? 0) - 1
    if (count > 0) this.opening.set(core, count)
    else this.opening.delete(core)
  }
}
