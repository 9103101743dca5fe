import { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import { noiseKeyPair } from '../session/engine.ts'
import type { Extension } from '../session/extensions.ts'
import type { KeyPair, SessionOptions } from '../session/options.ts'
import { Session } from '../session/session.ts'
import type { ReplicatorEvents } from './events.ts'
import type { Exchange } from './exchange.ts'
import type { Messages } from './messages.ts'
import { SingleSession } from './single-session.ts'
import type { Stack } from './stack.ts'

/** The replicator's own messages: "offer me these again". */
const again = 'replic8/again'

interface Again {
  namespace: Namespace
  keys: string[]
}

/** The sessions of a replicator: opens them, keeps one a peer, and tells what happens in them. */
export class SessionPool {
  private readonly encryptionKey: Buffer
  private readonly options: SessionOptions
  private readonly stack: Stack
  private readonly exchange: Exchange
  private readonly messages: Messages
  private readonly tell: (event: keyof ReplicatorEvents, ...args: unknown[]) => void
  private readonly single = new SingleSession()
  private readonly sessions = new Set<Session>()
  private readonly wanted = new WeakMap<Session, Extension<Again>>()
  private pair: Promise<KeyPair> | null = null

  constructor(
    encryptionKey: Buffer,
    options: SessionOptions,
    stack: Stack,
    exchange: Exchange,
    messages: Messages,
    tell: (event: keyof ReplicatorEvents, ...args: unknown[]) => void,
  ) {
    this.encryptionKey = encryptionKey
    this.options = options
    this.stack = stack
    this.exchange = exchange
    this.messages = messages
    this.tell = tell
  }

  get open(): Session[] {
    return [...this.sessions].filter((session) => session.isOpen)
  }

  /** The static Noise key pair: the option, else the one that the first store keeps, else a random one. */
  keyPair(): Promise<KeyPair> {
    this.pair ??= this.findKeyPair()
    return this.pair
  }

  connect(transport: unknown, options: SessionOptions = {}): Session {
    const keyPair = () => this.keyPair()
    const session = new Session(this.encryptionKey, { live: true, keyPair, ...this.options, ...options })
    this.sessions.add(session)
    this.watch(session)
    session.pipe(transport)
    return session
  }

  /** Asks a peer to offer a feed again, which it was told was declined. */
  askAgain(session: Session, namespace: Namespace, hex: string) {
    if (session.isOpen) this.wanted.get(session)?.send({ namespace, keys: [hex] })
  }

  async close() {
    const over = [...this.sessions].map((session) => {
      session.end()
      return session.closed.catch(() => {})
    })
    await Promise.all(over)
  }

  private async findKeyPair(): Promise<KeyPair> {
    const { keyPair } = this.options
    if (keyPair) return typeof keyPair === 'function' ? keyPair() : keyPair
    for (const mount of this.stack.all) {
      const kept = await this.stack.ask(mount, () => mount.store.keyPair?.(), undefined)
      if (kept) return kept
    }
    return noiseKeyPair()
  }

  private watch(session: Session) {
    // The first batch is what the stores share: until it is out, the peer must not believe that it has heard all.
    const release = session.holdFirstBatch()
    this.messages.add(session)
    const wanted = session.registerExtension<Again>(again, {
      encoding: 'json',
      onmessage: (message) => {
        const { namespace, keys } = checkAgain(message)
        this.exchange.again(session, namespace, keys)
      },
    })
    this.wanted.set(session, wanted)
    session.on('open', () => this.onopen(session, release))
    session.on('*', 'advertise', (offer, accept) => {
      this.tell('advertise', offer, accept, session)
      return this.exchange.advertise(session, offer, accept)
    })
    session.on('*', 'replicate', (core, { key, namespace, direction }) => {
      if (direction === 'in') this.exchange.taken(session, core, { key, namespace })
    })
    for (const event of ['progress', 'sync', 'update', 'withdraw'] as const) {
      session.on('*', event, (...args: unknown[]) => this.tell(event, ...args, session))
    }
    session.on('problem', (error, where) => this.tell('problem', error, where, session))
    session.on('close', (error) => this.onclose(session, error))
  }

  private onopen(session: Session, release: () => void) {
    this.single.admit(session)
    this.tell('session', session)
    void this.exchange.join(session).finally(release)
  }

  private onclose(session: Session, error: Error | undefined) {
    this.sessions.delete(session)
    this.single.remove(session)
    this.messages.remove(session)
    this.exchange.leave(session)
    this.tell('close', error, session)
  }
}

/** Errors: ERR_PROTOCOL, contained by the session as a problem. */
function checkAgain({ namespace, keys }: Again): Again {
  const good = (namespace === null || typeof namespace === 'string') && Array.isArray(keys)
  if (good && keys.every((key) => typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)))
    return { namespace, keys }
  throw new Replic8Error('ERR_PROTOCOL', 'The peer asked for feeds in a form that makes no sense.')
}
