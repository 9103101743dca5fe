import type { Connection, Transport } from '../connection.ts'
import { messageOf, Replic8Error } from '../errors.ts'
import { type ExplanationCode, explanations } from '../negotiation/explain.ts'
import type { Core } from '../session/core.ts'
import type { ExtensionHandlers } from '../session/extensions.ts'
import { checkEncryptionKey, topicOf } from '../session/keys.ts'
import { type Handler, Listeners } from '../session/listeners.ts'
import { resolveOptions, type SessionOptions } from '../session/options.ts'
import type { Explanation, Session } from '../session/session.ts'
import type { SyncOptions, SyncReport } from '../session/syncs.ts'
import type { CoreStore, Shared, StoreHost } from './core-store.ts'
import type { ReplicatorEvents, ReplicatorHandler } from './events.ts'
import { Exchange } from './exchange.ts'
import { type Joined, join } from './joining.ts'
import { Messages, type ReplicatorExtension } from './messages.ts'
import { SessionPool } from './session-pool.ts'
import { type Mount, type Mounted, Stack } from './stack.ts'
import { type ReplicatorStats, sumStats } from './stats.ts'

export interface ReplicatorOptions extends SessionOptions {
  /** Pass on to the others what one peer gave. Default: true. */
  forward?: boolean
  /** Milliseconds that a store has to answer. Default: 10,000. */
  storeTimeout?: number
  /** Milliseconds, at most, that offers to a peer gather in, to travel in one page; jittered down to half. Default: 40. */
  offerWindow?: number
}

/** The defaults, in milliseconds. */
export const replicatorDefaults = Object.freeze({ forward: true, storeTimeout: 10_000, offerWindow: 40 })

/**
 * Many peers: holds sessions and stores, offers every store's cores to every peer, and passes a feed that one peer gave
 * on to those that have not seen it.
 *
 * Errors: ERR_BAD_KEY and ERR_BAD_OPTION, thrown at once. What is contained later comes as a `problem` event.
 */
export class Replicator implements StoreHost {
  private readonly encryptionKey: Buffer
  private readonly listeners = new Listeners()
  private readonly messages = new Messages()
  private readonly stack: Stack
  private readonly exchange: Exchange
  private readonly pool: SessionPool
  private readonly joined = new Set<Joined>()
  private closing: Promise<void> | null = null

  /**
   * @param encryptionKey 32 bytes or 64 hex digits, the same for all peers
   * @param options a session's, for every session, which are live; and the replicator's own
   */
  constructor(encryptionKey: Uint8Array | string, options: ReplicatorOptions = {}) {
    this.encryptionKey = checkEncryptionKey(encryptionKey)
    const { forward, storeTimeout, offerWindow, ...sessionOptions } = { ...replicatorDefaults, ...options }
    const { acceptTimeout } = resolveOptions(sessionOptions)
    checkTimes({ storeTimeout, offerWindow })
    this.stack = new Stack(storeTimeout, (error) => this.emit('problem', null, error, {}))
    this.exchange = new Exchange(
      this.stack,
      { forward, offerWindow, coreTimeout: acceptTimeout },
      {
        oncore: (core, info, session) => this.emit('core', info.namespace, core, info, session),
        onproblem: (error, where) => this.emit('problem', where.namespace ?? null, error, where),
        onwanted: (session, namespace, hex) => this.pool.askAgain(session, namespace, hex),
      },
    )
    this.pool = new SessionPool(
      this.encryptionKey,
      sessionOptions,
      this.stack,
      this.exchange,
      this.messages,
      (event, ...args) => this.emit(event, null, ...args),
    )
  }

  /** The open sessions. */
  get sessions(): Session[] {
    return this.pool.open
  }

  /** The cores that are held: shared by a store, or taken from a peer. */
  get cores(): Core[] {
    return this.exchange.holdings.cores
  }

  /** A held core by its key. */
  get(key: Uint8Array | string): Core | undefined {
    return this.exchange.holdings.core(hexOf(key))
  }

  get stats(): ReplicatorStats {
    return sumStats(
      this.sessions.map((session) => session.stats),
      this.cores.length,
    )
  }

  /**
   * Mounts a store or a middleware after the others: `use([namespace], store)`; '*' is every namespace. Peers that are
   * connected get the difference. Errors: ERR_BAD_ARGUMENT.
   */
  use(store: CoreStore): Mounted
  use(namespace: string | null, store: CoreStore): Mounted
  use(...args: unknown[]): Mounted {
    return this.mount(args, false)
  }

  /** As `use`, before the others. */
  prepend(store: CoreStore): Mounted
  prepend(namespace: string | null, store: CoreStore): Mounted
  prepend(...args: unknown[]): Mounted {
    return this.mount(args, true)
  }

  /** Takes a connection that stands already; `options` replace the replicator's for this session. */
  connect(transport: unknown, options: SessionOptions = {}): Session {
    if (this.closing) throw new Replic8Error('ERR_CLOSED')
    return this.pool.connect(transport, options)
  }

  /** Takes every connection that a transport makes. What the transport can not do comes as a `problem`. */
  join(transport: Transport): Joined {
    if (this.closing) throw new Replic8Error('ERR_CLOSED')
    const joined = join(transport, {
      topic: topicOf(this.encryptionKey),
      publicKey: async () => (await this.pool.keyPair()).publicKey,
      connect: (connection: Connection) => this.pool.connect(connection),
      onproblem: (error) => this.emit('problem', null, error, {}),
    })
    this.joined.add(joined)
    return {
      get peers() {
        return joined.peers
      },
      leave: () => {
        this.joined.delete(joined)
        return joined.leave()
      },
    }
  }

  /** Has more to share: offers it to every peer, also to those that come later. Errors come as a `problem`. */
  announce(namespace: string | null, cores: Shared | readonly Shared[]): void {
    void this.exchange.announce('application', namespace, [cores].flat() as Shared[])
  }

  /**
   * Resolves when every feed that this end and its peers agreed on, and everything offered until now, is caught up.
   * Errors: those of a session's `synced`.
   */
  async synced(options: SyncOptions = {}): Promise<SyncReport> {
    await this.exchange.settled()
    const reports = await Promise.all(this.sessions.map((session) => session.synced(options)))
    return { feeds: reports.flatMap((report) => report.feeds) }
  }

  /** Where a feed stands: with one peer (a session, or a static Noise key), or with the one it stands best with. */
  why(key: Uint8Array | string, peer?: Session | Uint8Array): Explanation {
    const sessions =
      peer === undefined ? this.sessions : this.sessions.filter((session) => isPeer(session, peer))
    const answers = sessions.map((session) => session.why(key))
    const best = ranking
      .map((code) => answers.find((answer) => answer.code === code))
      .find((answer) => answer)
    return best ?? answers[0] ?? notConnected(hexOf(key))
  }

  /** Registers messages of the application for all sessions. Errors: ERR_BAD_ARGUMENT. */
  registerExtension<T = Buffer>(name: string, handlers: ExtensionHandlers<T> = {}): ReplicatorExtension<T> {
    return this.messages.register(name, handlers)
  }

  on<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.listeners.add('*', event, handler as Handler)
    return this
  }

  once<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.listeners.addOnce('*', event, handler as Handler)
    return this
  }

  off<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.listeners.remove('*', event, handler as Handler)
    return this
  }

  /** Leaves the transports, ends the sessions, closes the stores; resolves when all is flushed. */
  close(): Promise<void> {
    this.closing ??= this.shutDown()
    return this.closing
  }

  private async shutDown() {
    await Promise.all([...this.joined].map((joined) => joined.leave()))
    await this.pool.close()
    this.exchange.close()
    for (const mount of this.stack.all) await this.stack.ask(mount, () => mount.store.close?.(), undefined)
    this.listeners.clear()
  }

  private mount(args: unknown[], first: boolean): Mounted {
    const [namespace, store] =
      args.length > 1 ? (args as [string | null, CoreStore]) : [null, args[0] as CoreStore]
    const mount = this.stack.mount(namespace, store, first)
    void this.welcome(mount)
    return {
      unmount: () => {
        if (!this.stack.has(mount)) return
        this.stack.unmount(mount)
        this.exchange.unmounted(mount)
      },
    }
  }

  private async welcome(mount: Mount) {
    const announce = (namespace: string | null, cores: Shared | readonly Shared[]) =>
      void this.exchange.announce(mount, namespace, [cores].flat() as Shared[])
    // What a store announces is its own: it goes when the store is unmounted.
    const host = Object.create(this, { announce: { value: announce } }) as Replicator
    await this.stack.ask(mount, () => mount.store.mounted?.(host, mount.namespace), undefined)
    await this.exchange.mounted(mount)
  }

  /** Calls the handlers of an event; what one of them throws is a problem. */
  private emit(event: keyof ReplicatorEvents, namespace: string | null, ...args: unknown[]) {
    for (const handler of this.listeners.of(event, namespace)) {
      try {
        handler(...args)
      } catch (error) {
        if (event === 'problem') continue
        this.emit(
          'problem',
          namespace,
          new Replic8Error('ERR_HANDLER_FAILED', messageOf(error), { cause: error }),
          {},
        )
      }
    }
  }
}

/** The most hopeful first. */
const ranking: ExplanationCode[] = [
  'replicating',
  'synced',
  'waiting-for-answer',
  'waiting-for-core',
  'queued',
  'declined',
]

function hexOf(key: Uint8Array | string): string {
  return typeof key === 'string' ? key.toLowerCase() : Buffer.from(key).toString('hex')
}

function notConnected(hex: string): Explanation {
  const message = explanations['not-connected']
  return { code: 'not-connected', message, key: Buffer.from(hex, 'hex'), namespace: null }
}

function isPeer(session: Session, peer: Session | Uint8Array): boolean {
  return peer instanceof Uint8Array ? session.remotePublicKey?.equals(peer) === true : session === peer
}

function checkTimes(times: Record<string, unknown>) {
  for (const [name, ms] of Object.entries(times)) {
    if (typeof ms === 'number' && ms >= 0) continue
    throw new Replic8Error('ERR_BAD_OPTION', `The option ${name} takes milliseconds.`)
  }
}
