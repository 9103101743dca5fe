import type { Effect, HexKey, Namespace, NegotiationEvent, ReadyFeed } from '../../src/negotiation/events.ts'
import { Negotiation } from '../../src/negotiation/negotiation.ts'
import type { Recollection } from '../../src/negotiation/recollection.ts'
import { fingerprintsWith } from '../../src/session/keys.ts'
import { decodeMessage, encodeMessage } from '../../src/wire/codec.ts'
import type {
  AnswerReason,
  ControlMessage,
  Header,
  HelloMessage,
  PeerLimits,
} from '../../src/wire/messages.ts'

export const limits: PeerLimits = {
  feedsPerPage: 1_024,
  pageBytes: 1_048_576,
  headerBytes: 4_096,
  headerDepth: 8,
  offersOutstanding: 64,
  controlPerSecond: 1_000,
}

/** The keyed hash of both ends. */
export const fingerprint = fingerprintsWith(Buffer.alloc(32, 1))

/** The n-th key of the tests. */
export const keyOf = (n: number): HexKey => n.toString(16).padStart(64, '0')

export const feed = (n: number, length = 3, header: Header = {}): ReadyFeed => ({
  key: keyOf(n),
  header,
  lengths: [length],
})

export const feeds = (count: number): ReadyFeed[] => Array.from({ length: count }, (_, n) => feed(n))

export interface SideOptions {
  live?: boolean
  limits?: Partial<PeerLimits>
  /** Offers that are over and remembered. */
  remember?: number
  /** What is remembered of the other end, from a session before; null: nothing, but offers can be compared. */
  recollection?: Recollection | null
  /** What the other end took then. */
  taken?: Recollection
}

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>
type MessageOf<Type extends ControlMessage['type']> = Extract<ControlMessage, { type: Type }>

/** One end: a negotiation, what it said, and what is still on its way to the other end. No stream, no clock. */
export class Side {
  readonly negotiation: Negotiation
  readonly limits: PeerLimits
  readonly remember: number | undefined
  readonly hello: HelloMessage
  /** On its way to the other end, in order. The session sends the hello, not the negotiation. */
  readonly outbox: ControlMessage[] = []
  /** All messages that the negotiation ever sent. */
  readonly sent: ControlMessage[] = []
  /** All other effects, in order. */
  readonly effects: Effect[] = []
  #shares = 0

  constructor(options: SideOptions = {}) {
    const live = options.live ?? false
    this.remember = options.remember
    this.limits = { ...limits, ...options.limits }
    this.negotiation = new Negotiation({
      live,
      limits: this.limits,
      ...(options.remember ? { remember: options.remember } : {}),
    })
    this.hello = {
      type: 'hello',
      version: 1,
      live,
      remembers: Boolean(options.recollection),
      limits: this.limits,
      userData: null,
    }
    this.outbox.push(this.hello)
    const { recollection, taken = new Map() } = options
    if (recollection !== undefined) this.handle({ type: 'recollect', recollection, taken, fingerprint })
  }

  handle(event: NegotiationEvent): Effect[] {
    const effects = this.negotiation.handle(event)
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.sent.push(effect.message)
        this.outbox.push(effect.message)
      } else this.effects.push(effect)
    }
    return effects
  }

  hear(message: ControlMessage): Effect[] {
    return this.handle({ type: 'message', message })
  }

  /** Shares cores that are ready at once; gives the number of the share. */
  share(list: ReadyFeed[], namespace: Namespace = null): number {
    const share = this.open(list, namespace)
    this.ready(share, list)
    return share
  }

  /** Shares cores that are still being opened. */
  open(list: ReadyFeed[], namespace: Namespace = null): number {
    const share = this.#shares++
    this.handle({ type: 'share', share, namespace, keys: list.map(({ key }) => key) })
    return share
  }

  ready(share: number, list: ReadyFeed[]): Effect[] {
    return this.handle({ type: 'ready', share, feeds: list })
  }

  partlyReady(share: number, list: ReadyFeed[]): Effect[] {
    return this.handle({ type: 'partly-ready', share, feeds: list })
  }

  unshare(n: number, namespace: Namespace = null): Effect[] {
    return this.handle({ type: 'unshare', namespace, keys: [keyOf(n)] })
  }

  update(n: number, header: Header, namespace: Namespace = null): Effect[] {
    return this.handle({ type: 'update', namespace, key: keyOf(n), header })
  }

  grew(n: number, length: number): Effect[] {
    return this.handle({ type: 'grew', feeds: [{ key: keyOf(n), lengths: [length] }] })
  }

  downloaded(n: number, length: number): Effect[] {
    return this.handle({ type: 'downloaded', feeds: [{ key: keyOf(n), lengths: [length] }] })
  }

  answer(first: number, accepted: boolean[], reason: AnswerReason = 'declined'): Effect[] {
    return this.handle({ type: 'answer', first, accepted, reason })
  }

  /** The effects of a type so far. */
  all<Type extends Effect['type']>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type)
  }

  /** The messages of a type sent so far. */
  messages<Type extends ControlMessage['type']>(type: Type): MessageOf<Type>[] {
    return this.sent.filter((message): message is MessageOf<Type> => message.type === type)
  }

  /** How many keys each of its pages of offers had. */
  get pages(): number[] {
    return this.messages('offer').map(({ keys }) => keys.length)
  }

  /** Forgets what was said so far. */
  clear() {
    this.sent.length = 0
    this.effects.length = 0
  }
}

/** What arrives when a message went over the wire. */
export function overTheWire(message: ControlMessage, to: Side): ControlMessage {
  return decodeMessage(encodeMessage(message), to.limits)
}

/** Delivers the first `count` messages of one end to the other. */
export function deliver(from: Side, to: Side, count = from.outbox.length) {
  for (const message of from.outbox.splice(0, count)) to.hear(overTheWire(message, to))
}

/** Delivers until nothing is on its way. */
export function settle(a: Side, b: Side) {
  while (a.outbox.length + b.outbox.length > 0) {
    deliver(a, b)
    deliver(b, a)
  }
}

/** Two ends that have heard each other's hello. */
export function connect(left: SideOptions = {}, right: SideOptions = {}): [Side, Side] {
  const pair: [Side, Side] = [new Side(left), new Side(right)]
  settle(...pair)
  return pair
}

/** Answers everything that was handed out, and completes what was asked for, until nothing is left. */
export function agreeOnAll(a: Side, b: Side) {
  const done = new Set<Effect>()
  for (let before = -1; before !== done.size; ) {
    before = done.size
    settle(a, b)
    for (const side of [a, b]) {
      for (const effect of side.effects) {
        if (done.has(effect)) continue
        if (effect.type === 'advertise')
          side.answer(
            effect.first,
            effect.keys.map(() => true),
          )
        else if (effect.type === 'target') {
          side.handle({ type: 'downloaded', feeds: [{ key: effect.key, lengths: effect.lengths }] })
        } else continue
        done.add(effect)
      }
    }
  }
}
