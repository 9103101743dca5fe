import type { FeedLengths, Namespace, NegotiationEvent } from '../negotiation/events.ts'
import type { State } from '../negotiation/state.ts'
import type { Cores } from './cores.ts'
import { Pulse } from './pulse.ts'
import type { Replication } from './replication.ts'

/** Milliseconds between two looks at what changed. */
const lookInterval = 20
/** Milliseconds between two progress events of a feed. */
const progressInterval = 100

/** Watches the cores of a session: tells the negotiation how they grow and when downloads are complete. */
export class Downloads {
  private readonly state: State
  private readonly cores: Cores
  private readonly handle: (event: NegotiationEvent) => void
  private readonly hooks: { emit(event: string, namespace: Namespace, ...args: unknown[]): void }
  private readonly dirty = new Set<Replication>()
  private readonly moved = new Map<Replication, string>()
  private readonly look = new Pulse(lookInterval, () => this.report())
  private readonly progress = new Pulse(progressInterval, () => this.tellProgress())
  private readonly told = new WeakMap<Replication, string>()

  constructor(
    state: State,
    cores: Cores,
    handle: (event: NegotiationEvent) => void,
    hooks: Downloads['hooks'],
  ) {
    this.state = state
    this.cores = cores
    this.handle = handle
    this.hooks = hooks
  }

  /** Something of a core changed. */
  touch(replication: Replication) {
    this.dirty.add(replication)
    this.look.request()
  }

  /** Sets what is fetched of a feed to what the peer has, over all accepted offers of it. */
  aim(key: string) {
    const replication = this.cores.byKey.get(key)
    const target: number[] = []
    let accepted = false
    for (const offer of this.state.feeds.get(key)?.incoming.values() ?? []) {
      if (offer.status !== 'accepted') continue
      accepted = true
      for (const [i, length] of offer.known.entries()) target[i] = Math.max(target[i] ?? 0, length)
    }
    if (accepted) replication?.setTarget(target)
    else if (replication) replication.target = null
  }

  stop() {
    this.look.stop()
    this.progress.stop()
    this.tellProgress()
  }

  private report() {
    const grew: FeedLengths[] = []
    const downloaded: FeedLengths[] = []
    for (const replication of this.dirty) {
      grew.push({ key: replication.hex, lengths: replication.lengths })
      const lengths = replication.complete()
      if (lengths) downloaded.push({ key: replication.hex, lengths })
      if (replication.target) this.moved.set(replication, replication.hex)
    }
    this.dirty.clear()
    if (this.moved.size > 0) this.progress.request()
    this.handle({ type: 'grew', feeds: grew })
    if (downloaded.length > 0) this.handle({ type: 'downloaded', feeds: downloaded })
  }

  private tellProgress() {
    for (const replication of this.moved.keys()) {
      const { have, want } = replication.progress()
      const news = `${have} ${want} ${replication.bytesReceived}`
      if (!replication.target || this.told.get(replication) === news) continue
      this.told.set(replication, news)
      const key = this.cores.keyOf(replication.hex)
      for (const offer of this.state.feeds.get(replication.hex)?.incoming.values() ?? []) {
        if (offer.status !== 'accepted') continue
        const { namespace } = offer
        this.hooks.emit('progress', namespace, {
          key,
          namespace,
          have,
          want,
          bytes: replication.bytesReceived,
        })
      }
    }
    this.moved.clear()
  }
}
