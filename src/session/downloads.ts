import type { FeedLengths, NegotiationEvent } from '../negotiation/events.ts'
import { type State, targetOf } from '../negotiation/state.ts'
import type { Cores } from './cores.ts'
import { Pulse } from './pulse.ts'
import type { Replication } from './replication.ts'

/** Milliseconds in which what is downloaded gathers. */
const gathering = 20
/** Milliseconds in which a peer that takes what is new here says that it has it: then it is not told of it. */
const patience = 100

/** Watches the cores of a session: tells the negotiation how they grow and when downloads are complete. */
export class Downloads {
  private readonly state: State
  private readonly cores: Cores
  private readonly handle: (event: NegotiationEvent) => void
  private readonly downloaded = new Gathered(gathering, (changed) => this.report(changed))
  /** Of cores that are offered, and not taken from the peer. */
  private readonly offered = new Gathered(patience, (changed) => this.report(changed))

  constructor(state: State, cores: Cores, handle: (event: NegotiationEvent) => void) {
    this.state = state
    this.cores = cores
    this.handle = handle
  }

  /** Something of a core changed. Where somebody waits for it, a look follows as soon as may be. */
  touch(replication: Replication) {
    const { download } = replication
    const isAwaited = !this.state.options.live || this.state.waiters.size > 0 || download.isAwaited
    if (!isAwaited && !download.target) return this.offered.add(replication, false)
    this.offered.delete(replication)
    this.downloaded.add(replication, isAwaited)
    if (download.isLong) this.downloaded.hasten()
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
    this.downloaded.hurry()
    this.offered.hurry()
  }

  stop() {
    this.downloaded.stop()
    this.offered.stop()
  }

  private report(changed: Replication[]) {
    const grew: FeedLengths[] = []
    const downloaded: FeedLengths[] = []
    for (const replication of changed) {
      if (replication.released) continue
      const { hex, download } = replication
      // Of what is only taken, the peer hears how far it is here.
      if (this.state.feeds.get(hex)?.outgoing.size) grew.push({ key: hex, lengths: download.lengths })
      const lengths = download.complete()
      if (lengths) downloaded.push({ key: hex, lengths })
    }
    if (grew.length > 0) this.handle({ type: 'grew', feeds: grew })
    if (downloaded.length > 0) this.handle({ type: 'downloaded', feeds: downloaded })
  }
}

/** Cores that changed since the last look at them. */
class Gathered {
  private readonly replications = new Set<Replication>()
  private readonly pulse: Pulse

  /** @param interval ms from the first change to the look at all of them */
  constructor(interval: number, look: (changed: Replication[]) => void) {
    this.pulse = new Pulse(interval, () => {
      const changed = [...this.replications]
      this.replications.clear()
      if (changed.length > 0) look(changed)
    })
  }

  add(replication: Replication, soon: boolean) {
    this.replications.add(replication)
    this.pulse.request(soon)
  }

  delete(replication: Replication) {
    this.replications.delete(replication)
  }

  hurry() {
    this.pulse.hurry()
  }

  hasten() {
    this.pulse.hasten()
  }

  stop() {
    this.pulse.stop()
  }
}
