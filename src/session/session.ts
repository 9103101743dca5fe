import { Replic8Error } from '../errors.ts'
import { checkHeader } from '../wire/header.ts'
import type { Header, Json } from '../wire/messages.ts'
import { attach } from './attach.ts'
import { Broker } from './broker.ts'
import { type Core, isCore, keyHex, toHexKey } from './core.ts'
import { noiseKeyPair } from './engine.ts'
import { bindNamespace, type SessionEvents, type SessionNamespace } from './events.ts'
import { type Explanation, explanationOf } from './explanation.ts'
import { ExtensionMail } from './extension-mail.ts'
import type { Extension, ExtensionHandlers } from './extensions.ts'
import { checkEncryptionKey } from './keys.ts'
import { Link } from './link.ts'
import { Meter } from './meter.ts'
import { type KeyPairSource, type ResolvedOptions, resolveOptions, type SessionOptions } from './options.ts'
import { Retirement } from './retirement.ts'
import { SessionEmitter } from './session-emitter.ts'
import { coreList, type Share, withNamespace } from './share.ts'
import { type SessionStats, statsOf } from './stats.ts'
import type { SyncOptions, SyncReport } from './syncs.ts'
import type { WireStream } from './wire-stream.ts'

export type { Explanation } from './explanation.ts'

/**
 * One peer: shares feeds with it, takes feeds from it, and replicates what both agreed on, over one connection.
 *
 * Errors: ERR_BAD_KEY and ERR_BAD_OPTION, thrown at once. What happens later ends `closed` or is a `problem` event.
 */
export class Session extends SessionEmitter {
  /** JSON that the peer shows; null before `open`. */
  remoteUserData: Json = null
  /** Resolves when the peer has proved that it holds the key; rejects when the session ends first. */
  readonly opened: Promise<void>
  /** Resolves when the session is over; rejects with its error. */
  readonly closed: Promise<void>
  private readonly options: ResolvedOptions
  private readonly keyPair: KeyPairSource
  private readonly meter = new Meter()
  private readonly mail: ExtensionMail
  private readonly broker: Broker
  private readonly link: Link
  private readonly retirement: Retirement
  private kind: string | null = null
  private error: Error | null = null
  private settle!: {
    opened(): void
    unopened(error: Error): void
    closed(): void
    failed(error: Error): void
  }

  /**
   * @param encryptionKey 32 bytes or 64 hex digits, the same at both ends
   * @param options see {@link SessionOptions}
   */
  constructor(encryptionKey: Uint8Array | string, options: SessionOptions = {}) {
    super()
    const key = checkEncryptionKey(encryptionKey)
    this.options = resolveOptions(options)
    this.keyPair = this.options.keyPair ?? noiseKeyPair()
    const settle = {} as Session['settle']
    this.opened = new Promise((resolve, reject) =>
      Object.assign(settle, { opened: resolve, unopened: reject }),
    )
    this.closed = new Promise((resolve, reject) => Object.assign(settle, { closed: resolve, failed: reject }))
    this.settle = settle
    for (const promise of [this.opened, this.closed]) promise.catch(() => {})
    this.mail = new ExtensionMail(this.options.limits.messageBytes, {
      link: () => this.link,
      problem: (error) => this.problem(error, {}),
    })
    this.link = this.createLink(key)
    this.broker = this.createBroker()
    const { link, broker, mail } = this
    this.retirement = new Retirement(mail.extensions, broker.brake, this.options.timeout, link)
    for (const [name, handlers] of Object.entries(this.options.extensions))
      mail.extensions.add(name, handlers)
  }

  /** The static Noise key of this end, 32 bytes; null while the `keyPair` option has not given it. */
  get publicKey(): Buffer | null {
    const { keyPair } = this
    return typeof keyPair === 'function'
      ? (this.link.engine?.publicKey ?? null)
      : (keyPair.publicKey as Buffer)
  }

  /** Names the connection: the same at both ends, different for each; null before the handshake is over. */
  get id(): Buffer | null {
    return this.link.id
  }

  /** The peer has proved that it holds the key, and the session is not over. */
  get isOpen(): boolean {
    return this.link.isOpen
  }

  /** The static Noise key of the peer, 32 bytes; null before the handshake is over. */
  get remotePublicKey(): Buffer | null {
    return this.link.engine?.remotePublicKey ?? null
  }

  /** How the peer is reached: the kind of the Connection, 'stream' for anything else; null before `pipe`. */
  get connectionKind(): string | null {
    return this.kind ?? (this.link.wire.piped ? 'stream' : null)
  }

  /** What this end shows to the peer. */
  get userData(): Json {
    return this.options.userData
  }

  /** The raw duplex, for those who pipe by hand. */
  get stream(): WireStream {
    return this.link.wire
  }

  /** A snapshot. Bytes are payload bytes of blocks on this session. */
  get stats(): SessionStats {
    return statsOf(this.meter, this.link.roundTrip.ms, this.broker.negotiation.state)
  }

  /**
   * Offers cores to the peer: `share([namespace], cores, [headers])`, one header a core. The cores are opened first; one
   * that fails to open fails alone. Errors: ERR_BAD_ARGUMENT, ERR_BAD_HEADER.
   */
  share(cores: Core | readonly Core[], headers?: object | readonly (object | undefined)[]): Share
  share(
    namespace: string | null,
    cores: Core | readonly Core[],
    headers?: object | readonly (object | undefined)[],
  ): Share
  share(...args: unknown[]): Share {
    return this.broker.shares.share(args)
  }

  /** Takes offers back: `unshare([namespace], cores)`. The peer gets `withdraw`. Errors: ERR_BAD_ARGUMENT. */
  unshare(cores: Core | readonly Core[]): void
  unshare(namespace: string | null, cores: Core | readonly Core[]): void
  unshare(...args: unknown[]): void {
    const { namespace, rest } = withNamespace(args)
    this.broker.shares.unshare(namespace, coreList(rest[0]))
  }

  /** Gives a shared core a new header: `update([namespace], core, header)`. Errors: ERR_BAD_ARGUMENT, ERR_BAD_HEADER. */
  update(core: Core, header: object): void
  update(namespace: string | null, core: Core, header: object): void
  update(...args: unknown[]): void {
    const { namespace, rest } = withNamespace(args)
    const key = isCore(rest[0]) ? keyHex(rest[0]) : undefined
    if (!key) throw new Replic8Error('ERR_BAD_ARGUMENT', 'update takes a core that is open, and a header.')
    const header: Header = checkHeader(rest[1], this.options.limits)
    this.broker.handle({ type: 'update', namespace, key, header })
  }

  /** `share`, `unshare`, `update`, `on`, `once` and `off`, bound to one namespace. */
  namespace(name: string): SessionNamespace {
    return bindNamespace(this, name)
  }

  /**
   * Registers messages of the application; they are delivered after `open`.
   * Errors: ERR_BAD_ARGUMENT for a name that is taken or an unknown encoding.
   */
  registerExtension<T = Buffer>(name: string, handlers?: ExtensionHandlers<T>): Extension<T> {
    return this.mail.extensions.add(name, handlers)
  }

  /**
   * Wires a transport in both directions: a Node or streamx stream, a simple-peer, a web { readable, writable } pair, or
   * a Connection. Gives the session's stream, which ends once. Errors: ERR_BAD_ARGUMENT.
   */
  pipe(transport: unknown): WireStream {
    this.kind = attach(this.link.wire, transport, {
      onfail: (error) => this.link.destroy(error),
      onretire: () => this.retire(),
    })
    return this.link.wire
  }

  /**
   * Resolves when every offer made or received until now is answered and every feed agreed on is caught up to the
   * lengths known then. Errors: ERR_TIMEOUT; ERR_DECLINED, ERR_NOT_OFFERED or ERR_WITHDRAWN for a key that was asked
   * for; ERR_CORE_FAILED; the session's own error, or ERR_CLOSED.
   */
  synced(options?: SyncOptions): Promise<SyncReport> {
    return this.broker.syncs.wait(options)
  }

  /** Resolves with the milliseconds of a round trip, when the peer answers. Errors: the session's own, or ERR_CLOSED. */
  ping(): Promise<number> {
    return this.link.roundTrip.measure()
  }

  /**
   * Makes the peer wait: until the function that it gives is called, what is shared belongs to the first batch, which a
   * `synced` of the peer waits for. For those who learn only from the peer what to share with it.
   */
  holdFirstBatch(): () => void {
    return this.broker.shares.hold()
  }

  /**
   * Requests no more blocks, of feeds that are agreed on later neither; the peer gets what it requests. Resolves when
   * all that was requested is stored, when downloads are resumed, or when the session is over.
   */
  pauseDownloads(): Promise<void> {
    return this.broker.brake.pull()
  }

  /** Requests what is missing again, unless the session retires. */
  resumeDownloads(): void {
    if (!this.retirement.begun) this.broker.brake.release()
  }

  /** Where a feed stands with this peer, and what it waits for. Errors: ERR_BAD_ARGUMENT. */
  why(key: Uint8Array | string): Explanation {
    this.broker.look()
    const { negotiation, cores, brake } = this.broker
    const circumstances = { connected: this.isOpen, paused: brake.on }
    return explanationOf(toHexKey(key), circumstances, negotiation.state, cores)
  }

  /**
   * Ends without losing or repeating anything: both ends request nothing more, wait for what they requested, and say
   * goodbye; after the `timeout` option in any case. For a peer that another session takes over with.
   */
  retire(): void {
    this.retirement.begin()
  }

  /** False once what is sent may not arrive: when the session is over, or about to say goodbye. */
  get takesMessages(): boolean {
    return this.isOpen && !this.retirement.isDone
  }

  /** Finishes gracefully: says goodbye, waits for the peer's, and ends without an error. */
  end(): void {
    this.link.leave()
  }

  /** Ends now. With an error, `closed` rejects with it. */
  destroy(error?: Error | null): void {
    this.link.destroy(error ?? null)
  }

  private createLink(encryptionKey: Buffer): Link {
    return new Link(encryptionKey, this.keyPair, this.options, {
      onproof: (fingerprint, greet) => this.broker.reconnect.begin(this.remotePublicKey, fingerprint, greet),
      onopen: (hello) => {
        this.remoteUserData = hello.userData
        this.broker.handle({ type: 'message', message: hello })
        this.settle.opened()
        this.mail.flush()
        this.emit('open', null)
      },
      onmessage: (message) => {
        if (message.type === 'extension') this.mail.receive(message.name, message.payload, this)
        else this.broker.handle({ type: 'message', message })
      },
      onbye: () => this.broker.look(),
      onleave: (error) => {
        this.error = error
        this.retirement.stop()
        this.broker.end(error)
      },
      onclose: () => this.onclose(),
      ondrain: () => this.broker.resume(),
    })
  }

  private createBroker(): Broker {
    const { link } = this
    return new Broker(this.options, this.meter, {
      send: (message) => link.send(message),
      engine: () => link.engine,
      listeners: this.listeners,
      emit: (event, namespace, ...args) => this.emit(event as keyof SessionEvents, namespace, ...args),
      problem: (error, where) => this.problem(error, where),
      fail: (error, local) => link.fail(local ?? error, error.reason ?? error),
      finished: () => link.leave(),
      get writable() {
        return link.writable
      },
    })
  }

  private onclose() {
    const { error } = this
    this.settle.unopened(error ?? new Replic8Error('ERR_CLOSED'))
    if (error) this.settle.failed(error)
    else this.settle.closed()
    this.emit('close', null, ...(error ? [error] : []))
    this.listeners.clear()
  }
}
