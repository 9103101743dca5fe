import { messageOf, Replic8Error } from '../errors.ts'
import type { Accept, Offer } from '../session/accept.ts'
import { noiseKeyPair } from '../session/engine.ts'
import { OfferMemory } from '../session/offer-memory.ts'
import { type KeyPair, resolveOptions, type SessionOptions } from '../session/options.ts'
import { Session } from '../session/session.ts'
import { Again } from './again.ts'
import type { Emitter } from './emitter.ts'
import type { Exchange } from './exchange.ts'
import { endSession } from './joining.ts'
import type { Messages } from './messages.ts'
import { SingleSession } from './single-session.ts'
import type { Stack } from './stack.ts'

/** What a pool works with. */
export interface PoolParts {
  encryptionKey: Buffer
  options: SessionOptions
  stack: Stack
  exchange: Exchange
  messages: Messages
  emitter: Emitter
}

/** The sessions of a replicator: opens them, keeps one a peer, and tells what happens in them. */
export class SessionPool {
  private readonly parts: PoolParts
  private readonly single = new SingleSession()
  private readonly sessions = new Set<Session>()
  private readonly agains = new WeakMap<Session, Again>()
  /** What the peers offered, for when they come again. */
  private readonly memory: OfferMemory
  private pair: Promise<KeyPair> | null = null
  /** No session requests blocks, those that come neither. */
  downloadsPaused = false

  constructor(parts: PoolParts) {
    this.parts = parts
    this.memory = new OfferMemory(resolveOptions(parts.options).limits.rememberedBytes)
  }

  /** Those that are not over, also those that connect still. */
  get all(): Session[] {
    return [...this.sessions]
  }

  get open(): Session[] {
    return this.all.filter((session) => session.isOpen)
  }

  /** The static Noise key pair: the option, else the one that the first store keeps, else a random one. */
  keyPair(): Promise<KeyPair> {
    this.pair ??= this.findKeyPair()
    return this.pair
  }

  /** Errors: ERR_BAD_ARGUMENT, ERR_BAD_OPTION. */
  connect(transport: unknown, options: SessionOptions = {}): Session {
    const { encryptionKey, options: common } = this.parts
    const { memory } = this
    const keyPair = () => this.keyPair()
    const session = new Session(encryptionKey, { live: true, keyPair, memory, ...common, ...options })
    this.watch(session)
    this.sessions.add(session)
    if (this.downloadsPaused) void session.pauseDownloads()
    try {
      session.pipe(transport)
    } catch (error) {
      session.destroy()
      throw error
    }
    return session
  }

  /** Has a peer offer a feed again, which it was told was declined. */
  askAgain(session: Session, namespace: string | null, hex: string) {
    if (session.isOpen) this.agains.get(session)?.ask(namespace, hex)
  }

  /** Another open session with the same peer. */
  other(session: Session): Session | undefined {
    return this.single.other(session)
  }

  async pauseDownloads() {
    this.downloadsPaused = true
    await Promise.all(this.all.map((session) => session.pauseDownloads()))
  }

  resumeDownloads() {
    this.downloadsPaused = false
    for (const session of this.all) session.resumeDownloads()
  }

  async close() {
    await Promise.all(this.all.map(endSession))
  }

  private async findKeyPair(): Promise<KeyPair> {
    const { stack, options } = this.parts
    const { keyPair } = options
    if (keyPair) return typeof keyPair === 'function' ? keyPair() : keyPair
    // Stores that are mounted in the same breath count too.
    await Promise.resolve()
    for (const mount of stack.all) {
      const { store } = mount
      const kept =
        store.keyPair && (await stack.ask(mount, async () => checked(await store.keyPair?.()), null))
      if (kept) return kept
    }
    return noiseKeyPair()
  }

  private watch(session: Session) {
    const { exchange, messages, emitter } = this.parts
    // The first batch is what the stores share: until it is out, the peer must not believe that it has heard all.
    const release = session.holdFirstBatch()
    const again = new Again(session, (namespace, keys) => exchange.again(session, namespace, keys))
    this.agains.set(session, again)
    messages.add(session)
    session.on('open', () => this.onopen(session, release))
    session.on('*', 'advertise', (offer, accept) => this.onadvertise(session, offer, accept))
    session.on('*', 'replicate', (core, { key, namespace, direction }) => {
      if (direction === 'in') exchange.taken(session, core, { key, namespace })
    })
    session.on('sync', (key) => exchange.caughtUp(session, key))
    session.on('*', 'withdraw', ({ key, namespace }) => exchange.withdrawn(session, namespace, key))
    for (const event of ['progress', 'sync', 'update', 'withdraw', 'problem'] as const)
      session.on('*', event, (...args: unknown[]) => void emitter.emit(event, ...args, session))
    session.on('close', (...error) => this.onclose(session, error[0]))
  }

  private onopen(session: Session, release: () => void) {
    this.single.admit(session)
    this.parts.messages.open(session)
    void this.parts.emitter.emit('session', session)
    void this.parts.exchange.join(session).finally(release)
  }

  /**
   * The application's handlers come first: one that has answered when it is done, decides in the place of the stores.
   * Where no store takes feeds, one that takes `accept` is waited for.
   */
  private async onadvertise(session: Session, offer: Offer, accept: Accept) {
    const { exchange, emitter, stack } = this.parts
    exchange.heard(session, offer)
    let isAnswered = false
    const own: Accept = (...args) => {
      accept(...args)
      isAnswered = true
    }
    const decides = emitter.of('advertise').some((handler) => handler.length > 1)
    await emitter.emit('advertise', offer, own, session)
    if (isAnswered || (decides && !stack.takes(offer.namespace))) return
    await exchange.answer(session, offer, accept)
  }

  private onclose(session: Session, error: Error | undefined) {
    this.sessions.delete(session)
    this.single.remove(session)
    this.parts.messages.remove(session)
    this.parts.exchange.leave(session)
    void this.parts.emitter.emit('close', error, session)
  }
}

function checked(pair: Partial<KeyPair> | null | undefined): KeyPair | null {
  if (!pair) return null
  const { publicKey, secretKey } = pair
  for (const key of [publicKey, secretKey]) {
    if (!(key instanceof Uint8Array) || key.length !== 32)
      throw new Replic8Error(
        'ERR_BAD_OPTION',
        messageOf('keyPair gives { publicKey, secretKey } of 32 bytes each'),
      )
  }
  return pair as KeyPair
}
