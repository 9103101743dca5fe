import { addressGroup } from './address-group.ts'
import type { BridgeLimits } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

const hour = 3_600
/** Milliseconds between two looks for addresses that need not be remembered any more. */
const sweepEvery = 10_000

/** What the sockets of each address use. Nothing is kept of an address that has no socket and has its buckets full. */
export class Quotas {
  readonly #limits: BridgeLimits
  readonly #now: () => number
  readonly #addresses = new Map<string, AddressQuota>()
  #connections = 0
  #swept: number

  /** @param options `now`: milliseconds of a clock that never goes back */
  constructor(limits: BridgeLimits, { now = () => performance.now() }: { now?: () => number } = {}) {
    this.#limits = limits
    this.#now = now
    this.#swept = now()
  }

  /** How many addresses are remembered. */
  get addresses(): number {
    this.#sweep()
    return this.#addresses.size
  }

  /** Sockets that were counted, of all addresses. */
  get connections(): number {
    return this.#connections
  }

  /** The quota of an address, kept until `release` was called as often as this. */
  address(ip: string): AddressQuota {
    if (this.#now() - this.#swept >= sweepEvery) this.#sweep()
    const group = addressGroup(ip)
    const quota = this.#addresses.get(group) ?? new AddressQuota(this.#limits, this.#now, this.#all)
    this.#addresses.set(group, quota)
    return quota.retain()
  }

  #sweep(): void {
    this.#swept = this.#now()
    for (const [group, quota] of this.#addresses) if (quota.idle) this.#addresses.delete(group)
  }

  readonly #all = {
    take: (): boolean => {
      if (this.#connections >= this.#limits.connections) return false
      this.#connections++
      return true
    },
    give: (): void => {
      this.#connections--
    },
  }
}

/** What the sockets of one address use, all together. */
export class AddressQuota {
  readonly #limits: BridgeLimits
  readonly #all: { take(): boolean; give(): void }
  readonly #dials: TokenBucket
  readonly #messages: TokenBucket
  readonly #relayBytes: TokenBucket
  /** Its joined topics, and how many of its sockets are in each. */
  readonly #topics = new Map<string, number>()
  #connections = 0
  #relays = 0
  #holders = 0

  constructor(limits: BridgeLimits, now: () => number, all: { take(): boolean; give(): void }) {
    this.#limits = limits
    this.#all = all
    const { dialsPerMinute, messagesPerSecond, relayBytesPerHour } = limits
    this.#dials = new TokenBucket({ perSecond: dialsPerMinute / 60, capacity: dialsPerMinute, now })
    this.#messages = new TokenBucket({ perSecond: messagesPerSecond, capacity: 4 * messagesPerSecond, now })
    this.#relayBytes = new TokenBucket({
      perSecond: relayBytesPerHour / hour,
      capacity: relayBytesPerHour,
      now,
    })
  }

  /** Counts a socket until `disconnect`; where it gives a reason it did not, and the socket is not to be taken. */
  connect(): 'dials' | 'connections' | undefined {
    if (!this.#dials.take(1)) return 'dials'
    if (this.#connections >= this.#limits.connectionsPerAddress || !this.#all.take()) return 'connections'
    this.#connections++
    return undefined
  }

  disconnect(): void {
    this.#connections--
    this.#all.give()
  }

  /** Counts a signalling message. Gives the milliseconds that its sender is to wait with the next. */
  message(): number {
    return this.#messages.owe(1)
  }

  /** Counts a topic until as many calls of `leave`. false: no more of them. */
  join(topic: string): boolean {
    const joined = this.#topics.get(topic) ?? 0
    if (joined === 0 && this.#topics.size >= this.#limits.topicsPerAddress) return false
    this.#topics.set(topic, joined + 1)
    return true
  }

  leave(topic: string): void {
    const joined = this.#topics.get(topic) ?? 0
    if (joined > 1) this.#topics.set(topic, joined - 1)
    else this.#topics.delete(topic)
  }

  /** Counts a relay until `endRelay`. false: no more of them, or no bytes for it. */
  startRelay(): boolean {
    if (this.#relays >= this.#limits.relaysPerAddress || !this.#relayBytes.has(1)) return false
    this.#relays++
    return true
  }

  endRelay(): void {
    this.#relays--
  }

  /** Counts relayed bytes. false: the hour's are used up. */
  relay(bytes: number): boolean {
    return this.#relayBytes.take(bytes)
  }

  retain(): this {
    this.#holders++
    return this
  }

  release(): void {
    this.#holders--
  }

  get idle(): boolean {
    return this.#holders === 0 && [this.#dials, this.#messages, this.#relayBytes].every(({ full }) => full)
  }
}
