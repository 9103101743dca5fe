import type { Effect, HexKey, Namespace, NegotiationEvent, SyncFilter } from '../../src/negotiation/events.ts'
import type { AnswerReason, ControlMessage, EndReason, Header } from '../../src/wire/messages.ts'
import { type Entry, Ledger } from './ledger.ts'
import { Side, type SideOptions } from './side.ts'

/** A sync that is waited for, judged from the ledger alone. */
interface Waiter {
  filter: SyncFilter
  shares: Set<number>
  pages: Set<number>
  /** What was agreed on when everything before was answered, with the lengths of that moment. */
  goals: { entry: Entry; length: number }[] | null
}

/** One end with cores, an application that answers offers, and downloads that complete: all at the test's command. */
export class SimulatedPeer {
  readonly side: Side
  readonly live: boolean
  readonly ledger: Ledger
  readonly lengths = new Map<HexKey, number>()
  readonly opening: { share: number; namespace: Namespace; keys: HexKey[] }[] = []
  readonly handedOut: Extract<Effect, { type: 'advertise' }>[] = []
  readonly targets = new Map<HexKey, number>()
  readonly waiters = new Map<number, Waiter>()
  /** How often each share was settled. */
  readonly settled = new Map<number, number>()
  readonly open = new Set<HexKey>()
  /** What the application shared and has not taken back: namespace/key. */
  readonly wanted = new Set<string>()
  /** Messages that took an earlier 'done' back. */
  readonly takenBack = new WeakSet<ControlMessage>()
  finished = 0
  shared = false
  /** Over: the session has said goodbye, or heard it. */
  closed = false
  #next = 0

  constructor(options: SideOptions) {
    this.live = options.live ?? false
    this.side = new Side(options)
    this.ledger = new Ledger((key) => this.length(key))
  }

  length(key: HexKey): number {
    return this.lengths.get(key) ?? 0
  }

  share(namespace: Namespace, keys: HexKey[]) {
    const share = this.#next++
    this.settled.set(share, 0)
    this.shared = true
    this.opening.push({ share, namespace, keys: [...keys] })
    for (const key of keys) this.wanted.add(`${namespace}/${key}`)
    this.#handle({ type: 'share', share, namespace, keys })
  }

  /** The first core of a share is open. */
  readyFirst(pick: number, header: Header) {
    const next = this.opening[pick % Math.max(1, this.opening.length)]
    const key = next?.keys.shift()
    if (!next || !key) return
    const feeds = [{ key, header, lengths: [this.length(key)] }]
    this.#handle({ type: 'partly-ready', share: next.share, feeds })
  }

  /** The cores of a share are open; one of them failed. */
  ready(pick: number, failed: number, header: Header) {
    const [next] = this.opening.splice(pick % Math.max(1, this.opening.length), 1)
    if (!next) return
    const keys = next.keys.filter((_, i) => i !== failed)
    const feeds = keys.map((key) => ({ key, header, lengths: [this.length(key)] }))
    this.#handle({ type: 'ready', share: next.share, feeds })
  }

  answer(pick: number, mask: number, reason: AnswerReason) {
    const [page] = this.handedOut.splice(pick % Math.max(1, this.handedOut.length), 1)
    if (!page) return
    const accepted = page.keys.map((_, i) => (mask & (1 << (i % 8))) !== 0)
    this.#handle({ type: 'answer', first: page.first, accepted, reason })
  }

  /** A download completes: the core has what the peer said last. */
  download(pick: number) {
    const [key, target] = [...this.targets][pick % Math.max(1, this.targets.size)] ?? []
    if (key === undefined || target === undefined) return
    this.targets.delete(key)
    this.grow(key, Math.max(0, target - this.length(key)))
    this.#handle({ type: 'downloaded', feeds: [{ key, lengths: [this.length(key)] }] })
  }

  grow(key: HexKey, blocks: number) {
    if (blocks === 0) return
    this.lengths.set(key, this.length(key) + blocks)
    this.#handle({ type: 'grew', feeds: [{ key, lengths: [this.length(key)] }] })
  }

  /** The application clears the last blocks of a core. */
  clear(key: HexKey, blocks: number) {
    if (this.closed || this.length(key) === 0) return
    this.lengths.set(key, Math.max(0, this.length(key) - blocks))
    this.ledger.cleared(key)
    this.#handle({ type: 'grew', feeds: [{ key, lengths: [this.length(key)] }] })
  }

  unshare(namespace: Namespace, key: HexKey) {
    this.wanted.delete(`${namespace}/${key}`)
    this.#handle({ type: 'unshare', namespace, keys: [key] })
  }

  update(namespace: Namespace, key: HexKey, header: Header) {
    this.#handle({ type: 'update', namespace, key, header })
  }

  fail(key: HexKey, reason: EndReason) {
    this.#handle({ type: 'failed', key, reason })
  }

  awaitSync(filter: SyncFilter) {
    const waiter = this.#next++
    const shares = new Set([...this.settled].filter(([, times]) => times === 0).map(([share]) => share))
    const pages = new Set(this.ledger.unanswered.in)
    this.waiters.set(waiter, { filter, shares, pages, goals: null })
    this.#handle({ type: 'await-sync', waiter, filter })
  }

  hear(message: ControlMessage) {
    if (message.type === 'bye') this.closed = true
    else {
      if (!this.closed) this.ledger.read(message, 'in')
      this.#handle({ type: 'message', message })
    }
  }

  #handle(event: NegotiationEvent) {
    if (this.closed) return
    const effects = this.side.handle(event)
    for (const effect of effects) this.#obey(effect)
    this.#watchBarriers(effects)
    this.check()
  }

  #said(message: ControlMessage) {
    this.ledger.read(message, 'out')
    if (message.type !== 'done') return
    if (message.sent > this.ledger.pages.out) this.takenBack.add(message)
    else must(this.isDone, 'said done when it was not')
  }

  #obey(effect: Effect) {
    switch (effect.type) {
      case 'send':
        return this.#said(effect.message)
      case 'advertise':
        this.handedOut.push(effect)
        return
      case 'target':
        this.targets.set(effect.key, effect.lengths[0] as number)
        return
      case 'answered':
      case 'share-withdrawn':
        this.settled.set(effect.share, (this.settled.get(effect.share) as number) + 1)
        return
      case 'open-feed':
        must(!this.open.has(effect.key), 'a feed was opened twice')
        this.open.add(effect.key)
        return
      case 'close-feed':
        must(this.open.delete(effect.key), 'a feed was closed that was not open')
        return
      case 'violation':
        throw new Error(`An honest peer was blamed: ${effect.detail}`)
      case 'finished':
        this.finished++
        this.closed = true
        this.side.outbox.push({ type: 'bye', code: '', message: '' })
    }
  }

  /** Finds out, without the code under test, when a waiter's barrier is behind it and whether "synced" was true. */
  #watchBarriers(effects: Effect[]) {
    for (const waiter of this.waiters.values()) this.#watchBarrier(waiter)
    for (const effect of effects) {
      if (effect.type === 'sync-failed') this.#checkFailure(effect)
      if (effect.type !== 'synced') continue
      const waiter = this.waiters.get(effect.waiter)
      must(waiter?.goals, 'synced before everything was answered')
      for (const { entry, length } of waiter.goals) {
        const left = Math.min(length, this.ledger.goal(entry))
        must(entry.status !== 'accepted' || entry.have >= left, 'synced before everything was caught up')
      }
      this.waiters.delete(effect.waiter)
    }
  }

  #watchBarrier(waiter: Waiter) {
    if (waiter.goals) return
    const { batch, unanswered } = this.ledger
    // The peer's first batch counts as made before: its pages are added until its end is heard.
    if (!batch.in) for (const page of unanswered.in) waiter.pages.add(page)
    for (const share of waiter.shares) if (this.settled.get(share) === 0) return
    for (const page of waiter.pages) if (unanswered.in.has(page)) return
    if (!batch.in || !batch.out) return
    waiter.goals = this.ledger
      .standing()
      .filter((entry) => matches(entry, waiter.filter))
      .map((entry) => ({ entry, length: this.ledger.goal(entry) }))
  }

  /** A sync fails when it can no longer happen, not while an answer that decides is still to come. */
  #checkFailure({ waiter: id, code, key }: Extract<Effect, { type: 'sync-failed' }>) {
    const waiter = this.waiters.get(id)
    must(waiter, 'a sync was answered twice')
    this.waiters.delete(id)
    if (code !== 'ERR_DECLINED' && code !== 'ERR_NOT_OFFERED') return
    for (const entry of [...this.ledger.out.values(), ...this.ledger.in.values()]) {
      const decides = entry.key === key && matches(entry, waiter.filter) && entry.status === 'open'
      must(!decides, 'a sync failed before the answer came')
    }
  }

  /** What must hold at any moment. */
  check() {
    const { state } = this.side.negotiation
    const count = new Map<HexKey, number>()
    for (const { key } of this.ledger.standing()) count.set(key, (count.get(key) ?? 0) + 1)
    for (const { key, agreements } of state.feeds.values()) {
      must(agreements === (count.get(key) ?? 0), 'agreements are counted wrongly')
      must(this.open.has(key) === count.has(key), 'a channel is not open exactly while an agreement stands')
    }
    must(state.pendingUploads === this.ledger.pending('out'), 'pending uploads are counted wrongly')
    must(state.pendingDownloads === this.ledger.pending('in'), 'pending downloads are counted wrongly')
    for (const times of this.settled.values()) must(times <= 1, 'a share was settled twice')
    must(this.finished <= 1, 'finished twice')
  }

  /** Nothing of this end is open: its shares are answered, its answers given, its downloads complete. */
  get isDone(): boolean {
    const { unanswered, batch } = this.ledger
    const settled = [...this.settled.values()].every((times) => times === 1)
    const answered = unanswered.in.size + unanswered.out.size === 0
    return batch.out && settled && answered && this.ledger.pending('in') + this.ledger.pending('out') === 0
  }
}

/** Like an assertion, but cheap enough to run after every step. */
export function must(truth: unknown, otherwise: string): asserts truth {
  if (!truth) throw new Error(otherwise)
}

function matches(entry: Entry, { keys, namespace, direction }: SyncFilter): boolean {
  if (keys && !keys.includes(entry.key)) return false
  if (namespace !== undefined && namespace !== entry.namespace) return false
  return direction === undefined || direction === entry.direction
}
