import type { Connection, Transport } from '../connection.ts'
import { Replic8Error } from '../errors.ts'
import { type Core, toHexKey } from '../session/core.ts'
import type { ExtensionHandlers } from '../session/extensions.ts'
import { checkEncryptionKey, topicOf } from '../session/keys.ts'
import type { Handler } from '../session/listeners.ts'
import { resolveOptions, type SessionOptions } from '../session/options.ts'
import { retireName } from '../session/retirement.ts'
import type { Explanation, Session } from '../session/session.ts'
import type { SyncOptions, SyncReport } from '../session/syncs.ts'
import { againName } from './again.ts'
import { catchUp, within } from './catching-up.ts'
import type { CoreStore, Shared, StoreHost } from './core-store.ts'
import { Emitter } from './emitter.ts'
import type { ReplicatorEvents, ReplicatorHandler } from './events.ts'
import { Exchange } from './exchange.ts'
import { type Joined, join } from './joining.ts'
import { Messages, type ReplicatorExtension } from './messages.ts'
import { checkTimes, type ReplicatorOptions, replicatorDefaults } from './options.ts'
import { SessionPool } from './session-pool.ts'
import { type Mount, type Mounted, Stack } from './stack.ts'
import { type ReplicatorStats, sumStats } from './stats.ts'
import { isWith, whereabouts } from './whereabouts.ts'

export type { ReplicatorOptions } from './options.ts'

/**
 * Many peers: holds sessions and stores, offers every store's cores to every peer, and passes a feed that one peer gave
 * on to those that have not seen it.
 *
 * Errors: ERR_BAD_KEY and ERR_BAD_OPTION, thrown at once. What is contained later comes as a `problem` event.
 */
export class Replicator implements StoreHost {
  private readonly encryptionKey: Buffer
  private readonly emitter = new Emitter()
  private readonly messages: Messages
  private readonly stack: Stack
  private readonly exchange: Exchange
  private readonly pool: SessionPool
  private readonly joined = new Set<Joined>()
  /** A stand-in for this object, as stores get it, shares it. */
  private readonly life: { closing: Promise<void> | null } = { closing: null }
  private readonly firstPeer: Promise<void>
  private hasPeer!: () => void

  /**
   * @param encryptionKey 32 bytes or 64 hex digits, the same for all peers
   * @param options a session's, for every session, which are live; and the replicator's own
   */
  constructor(encryptionKey: Uint8Array | string, options: ReplicatorOptions = {}) {
    this.encryptionKey = checkEncryptionKey(encryptionKey)
    const { forward, storeTimeout, offerWindow, ...sessionOptions } = { ...replicatorDefaults, ...options }
    const { acceptTimeout, limits, extensions } = resolveOptions(sessionOptions)
    checkTimes({ storeTimeout, offerWindow })
    const { emitter } = this
    this.firstPeer = new Promise((resolve) => {
      this.hasPeer = resolve
    })
    this.messages = new Messages(limits.messageBytes, [againName, retireName, ...Object.keys(extensions)])
    this.stack = new Stack(storeTimeout, (error, where) => void emitter.emit('problem', error, where))
    this.exchange = new Exchange(
      this.stack,
      { forward, offerWindow, storeTimeout, acceptTimeout, limits },
      {
        oncore: (core, info, session) => void emitter.emit('core', core, info, session),
        onproblem: (error, where) => void emitter.emit('problem', error, where),
        onwanted: (session, namespace, hex) => this.pool.askAgain(session, namespace, hex),
      },
    )
    this.pool = new SessionPool({
      encryptionKey: this.encryptionKey,
      options: sessionOptions,
      stack: this.stack,
      exchange: this.exchange,
      messages: this.messages,
      emitter,
    })
  }

  /** The open sessions. */
  get sessions(): Session[] {
    return this.pool.open
  }

  /** The cores that are held: shared by a store, or taken from a peer. */
  get cores(): Core[] {
    return this.exchange.holdings.cores
  }

  /** A held core by its key. Errors: ERR_BAD_ARGUMENT. */
  get(key: Uint8Array | string): Core | undefined {
    return this.exchange.holdings.core(toHexKey(key))
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

  /**
   * Takes a connection that stands already, a stream or a `Connection`; `options` replace the replicator's for this
   * session. Errors: ERR_BAD_ARGUMENT, ERR_BAD_OPTION; ERR_CLOSED.
   */
  connect(transport: unknown, options: SessionOptions = {}): Session {
    this.checkOpen()
    const session = this.pool.connect(transport, options)
    this.hasPeer()
    return session
  }

  /** Takes every connection that a transport makes. What the transport can not do comes as a `problem`. Errors: ERR_CLOSED. */
  join(transport: Transport): Joined {
    this.checkOpen()
    const joined = join(transport, {
      topic: topicOf(this.encryptionKey),
      publicKey: async () => (await this.pool.keyPair()).publicKey,
      connect: (connection: Connection) => this.connect(connection),
      onproblem: (error) => void this.emitter.emit('problem', error, {}),
    })
    this.joined.add(joined)
    return {
      get peers() {
        return joined.peers
      },
      leave: async () => {
        await joined.leave()
        this.joined.delete(joined)
      },
    }
  }

  /** Has more to share: offers it to every peer, also to those that come later. Errors come as a `problem`. */
  announce(namespace: string | null, cores: Shared | readonly Shared[]): void {
    if (!this.life.closing) void this.exchange.announce('application', namespace, [cores].flat() as Shared[])
  }

  /**
   * Resolves when every feed that this end and its peers agreed on, and everything offered until now, is caught up. With
   * a transport joined, not before the first peer is there.
   * Errors: ERR_TIMEOUT; ERR_NOT_OFFERED, ERR_DECLINED or ERR_WITHDRAWN for a key that no peer agreed on;
   * ERR_CORE_FAILED; ERR_CLOSED; that of a peer that was lost, where it left incomplete what no other peer gives.
   */
  synced(options: SyncOptions = {}): Promise<SyncReport> {
    const promise = within(this.waitSynced(options), options.timeout)
    promise.catch(() => {})
    return promise
  }

  /**
   * Where a feed stands: with one peer (a session, or a static Noise key), or with the one it stands best with.
   * Errors: ERR_BAD_ARGUMENT.
   */
  why(key: Uint8Array | string, peer?: Session | Uint8Array): Explanation {
    const { sessions } = this
    return whereabouts(key, peer === undefined ? sessions : sessions.filter((one) => isWith(one, peer)))
  }

  /** Whether `pauseDownloads` holds. */
  get downloadsPaused(): boolean {
    return this.pool.downloadsPaused
  }

  /**
   * Requests no more blocks of any peer, of those that come later neither; peers get what they request. Resolves when
   * all that was requested is stored, or when downloads are resumed.
   */
  pauseDownloads(): Promise<void> {
    return this.pool.pauseDownloads()
  }

  /** Requests what is missing again, of every peer. */
  resumeDownloads(): void {
    this.pool.resumeDownloads()
  }

  /** Registers messages of the application for all sessions. Errors: ERR_BAD_ARGUMENT. */
  registerExtension<T = Buffer>(name: string, handlers: ExtensionHandlers<T> = {}): ReplicatorExtension<T> {
    return this.messages.register(name, handlers)
  }

  /**
   * Hears of an event. An 'advertise' handler that calls its `accept`, at once or before the promise it gives is done,
   * decides in the place of the stores. Errors: ERR_BAD_ARGUMENT.
   */
  on<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.emitter.on(event, handler as Handler)
    return this
  }

  /** As `on`, for the next time only. */
  once<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.emitter.once(event, handler as Handler)
    return this
  }

  /** Takes a handler of `on` or `once` back. */
  off<E extends keyof ReplicatorEvents>(event: E, handler: ReplicatorHandler<E>): this {
    this.emitter.off(event, handler as Handler)
    return this
  }

  /** Leaves the transports, ends the sessions, closes the stores; resolves when all is flushed. */
  close(): Promise<void> {
    this.life.closing ??= this.shutDown()
    return this.life.closing
  }

  private async shutDown() {
    this.stack.giveUp()
    this.hasPeer()
    await Promise.all([...this.joined].map((joined) => joined.leave()))
    await this.pool.close()
    this.exchange.close()
    await this.stack.close()
    this.emitter.clear()
  }

  private checkOpen() {
    if (this.life.closing) throw new Replic8Error('ERR_CLOSED', 'The replicator is closed.')
  }

  private async waitSynced(options: SyncOptions): Promise<SyncReport> {
    if (this.joined.size > 0) await this.firstPeer
    const before = this.pool.all
    await this.exchange.settled()
    // Who comes after the call was not meant by it, unless nobody was there.
    const sessions = before.length > 0 ? before : this.pool.all
    const report = this.life.closing
      ? null
      : await catchUp(sessions, this.exchange, options, (session) => this.pool.other(session))
    if (!report || this.life.closing) throw new Replic8Error('ERR_CLOSED', 'The replicator is closed.')
    return report
  }

  private mount(args: unknown[], first: boolean): Mounted {
    this.checkOpen()
    const [namespace, store] = args.length > 1 ? [args[0] ?? null, args[1]] : [null, args[0]]
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
    // What a store announces is its own: it goes when the store is unmounted.
    const announce = (namespace: string | null, cores: Shared | readonly Shared[]) => {
      const isIn = this.stack.has(mount) && !this.life.closing
      if (isIn)
        void this.exchange.announce(mount, namespace === '*' ? null : namespace, [cores].flat() as Shared[])
    }
    const host = Object.create(this, { announce: { value: announce } }) as Replicator
    await this.stack.ask(mount, () => mount.store.mounted?.(host, mount.namespace), undefined)
    if (this.stack.has(mount)) await this.exchange.mounted(mount)
  }
}
