import type { FeedLengths, NegotiationEvent } from '../negotiation/events.ts'
import { type State, targetOf } from '../negotiation/state.ts'
import type { Cores } from './cores.ts'
import { Pulse } from './pulse.ts'
import type { Replication } from './replication.ts'

/** Milliseconds between two looks at what changed. */
const interval = 20

/** Watches the cores of a session: tells the negotiation how they grow and when downloads are complete. */
export class Downloads {
  private readonly state: State
  private readonly cores: Cores
  private readonly handle: (event: NegotiationEvent) => void
  private dirty: Replication[] = []
  private readonly look = new Pulse(interval, () => this.report())

  constructor(state: State, cores: Cores, handle: (event: NegotiationEvent) => void) {
    this.state = state
    this.cores = cores
    this.handle = handle
  }

  /** Something of a core changed. */
  touch(replication: Replication) {
    if (replication.dirty) return
    replication.dirty = true
    this.dirty.push(replication)
    this.look.request()
  }

  /** Sets what is fetched of a feed to what the peer has, over all accepted offers of it. */
  aim(key: string) {
    const replication = this.cores.byKey.get(key)
    const feed = this.state.feeds.get(key)
    const target = feed ? targetOf(feed) : null
    if (target) replication?.download.aim(target)
    else replication?.download.stop()
  }

  /** Tells what has changed now: who asks how far everything is must not be told of a moment ago. */
  hurry() {
    this.look.hurry()
  }

  stop() {
    this.look.stop()
  }

  private report() {
    const grew: FeedLengths[] = []
    const downloaded: FeedLengths[] = []
    const { dirty } = this
    this.dirty = []
    for (const replication of dirty) {
      replication.dirty = false
      if (replication.released) continue
      grew.push({ key: replication.hex, lengths: replication.download.lengths })
      const lengths = replication.download.complete()
      if (lengths) downloaded.push({ key: replication.hex, lengths })
    }
    this.handle({ type: 'grew', feeds: grew })
    if (downloaded.length > 0) this.handle({ type: 'downloaded', feeds: downloaded })
  }
}
