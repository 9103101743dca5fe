import { Few } from '../few.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { Cores } from './cores.ts'
import { Pulse } from './pulse.ts'
import type { Replication } from './replication.ts'

/** Milliseconds between two progress events of a feed. */
const interval = 100

type Emit = (event: string, namespace: Namespace, ...args: unknown[]) => void

/** Tells how far downloads are: each feed at most once in an interval, at its end, and once more when its download is over. */
export class Progress {
  private readonly cores: Cores
  private readonly emit: Emit
  /** Whether anybody would be told. */
  private readonly isHeard: () => boolean
  private readonly moved = new Set<Replication>()
  /** What was told last, for each agreement by which a feed is taken. */
  private readonly told = new Map<Replication, Few<Namespace, string>>()
  private readonly pulse = new Pulse(interval, () => this.tellMoved())

  constructor(cores: Cores, emit: Emit, isHeard: () => boolean) {
    this.cores = cores
    this.emit = emit
    this.isHeard = isHeard
  }

  start(replication: Replication, namespace: Namespace) {
    const namespaces = this.told.get(replication) ?? new Few<Namespace, string>()
    this.told.set(replication, namespaces)
    namespaces.set(namespace, '')
    this.touch(replication)
  }

  touch(replication: Replication) {
    if (!this.isHeard() || !this.told.has(replication)) return
    this.moved.add(replication)
    this.pulse.request(false)
  }

  /** An agreement is over, or every one of a feed; its target must still be there. */
  finish(replication: Replication, namespace?: Namespace) {
    const namespaces = this.told.get(replication)
    if (!namespaces) return
    this.tell(replication)
    if (namespace === undefined) namespaces.clear()
    else namespaces.delete(namespace)
    if (namespaces.size > 0) return
    this.told.delete(replication)
    this.moved.delete(replication)
  }

  stop() {
    this.pulse.stop()
    for (const replication of [...this.told.keys()]) this.finish(replication)
  }

  private tellMoved() {
    const moved = [...this.moved]
    this.moved.clear()
    for (const replication of moved) this.tell(replication)
  }

  private tell(replication: Replication) {
    if (!this.isHeard() || !replication.download.target) return
    const { have, want } = replication.download.progress()
    const bytes = replication.traffic.received
    const news = `${have} ${want} ${bytes}`
    for (const [namespace, last] of this.told.get(replication)?.entries() ?? []) {
      if (last === news) continue
      this.told.get(replication)?.set(namespace, news)
      this.emit('progress', namespace, {
        key: this.cores.keyOf(replication.hex),
        namespace,
        have,
        want,
        bytes,
      })
    }
  }
}
