import { toHex } from '../bytes.ts'
import type { NegotiationEvent } from '../negotiation/events.ts'
import type { Fingerprint } from '../negotiation/range-index.ts'
import { type Acquaintance, recollect, recollectTaken, worthComparing } from '../negotiation/recollection.ts'
import type { State } from '../negotiation/state.ts'
import type { OfferMemory } from './offer-memory.ts'

/** Milliseconds without a new share after which what waits for the rest of the first batch is offered all the same. */
const patience = 1000

/** Brings what is remembered of a peer into a session with it, and out of it for the next. */
export class Reconnect {
  private readonly memory: OfferMemory | undefined
  private readonly state: State
  private readonly handle: (event: NegotiationEvent) => void
  private peer: string | null = null
  /** What was remembered of the peer when it came. */
  private known: Acquaintance | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(memory: OfferMemory | undefined, state: State, handle: (event: NegotiationEvent) => void) {
    this.memory = memory
    this.state = state
    this.handle = handle
  }

  /**
   * The peer holds the key.
   * @param greet sends it the hello, which says whether something is remembered of its offers
   */
  begin(peer: Uint8Array | null, fingerprint: Fingerprint, greet: (remembers: boolean) => void) {
    this.peer = peer && toHex(peer)
    this.known = this.memory?.of(this.peer ?? '') ?? null
    const { known } = this
    const recollection = worthComparing(known?.offered ?? null)
    greet(recollection !== null)
    this.handle({ type: 'recollect', recollection, taken: known?.taken ?? new Map(), fingerprint })
  }

  /** The peer has come, or a share is ready: what waits for more waits on, but not for ever. */
  expect() {
    clearTimeout(this.timer)
    if (this.state.reconciling !== 'waiting') return
    this.timer = setTimeout(() => this.handle({ type: 'hurry' }), patience)
  }

  end() {
    clearTimeout(this.timer)
    const { memory, peer, known, state } = this
    const offered = memory && peer && recollect(state, known?.offered ?? null)
    if (!offered) return
    const before = known?.taken ?? null
    const taken = recollectTaken(state, before) ?? before ?? new Map()
    memory.keep(peer, { offered, taken })
  }
}
