import { Replic8Error, toReplic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import type { AnswerReason, Header } from '../wire/messages.ts'
import { type Core, isCore, keyHex } from './core.ts'
import { asItIs, type ReplicateOptions } from './download.ts'

/** Feeds that the peer offers. Deeply frozen, but for the keys' bytes. */
export interface Offer {
  readonly namespace: string | null
  /** 32 bytes each; the key of a core known in this process is that core's own `key`. */
  readonly keys: readonly Buffer[]
  /** One a key; a missing one is {}. Objects in it have no prototype. */
  readonly headers: readonly Readonly<Header>[]
}

/** A core to take, as it is or with options. */
export type Selection = Core | ({ core: Core } & ReplicateOptions)

/**
 * Answers an offer, once: the first valid call counts.
 * An error ends the session; the peer gets ERR_PEER_REFUSED with its code and message.
 * Errors: ERR_NOT_OFFERED for a core whose key is not in the offer, ERR_BAD_ARGUMENT; such a call does not count.
 */
export type Accept = (error?: Error | null, selected?: readonly Selection[]) => void

export type AcceptHandler = (offer: Offer, accept: Accept) => unknown

/** One core that was taken. */
export interface Taken {
  core: Core
  hex: string
  options: ReplicateOptions
}

/** One that may not know its key yet. */
type Chosen = Omit<Taken, 'hex'> & { hex: string | undefined }

export interface AcceptOutcome {
  taken: Taken[]
  /** Why the rest was not taken. */
  reason: AnswerReason
}

export interface AcceptHooks {
  /** Opens a core, until it has its key. Errors: ERR_CORE_FAILED. */
  open(core: Core): Promise<void>
  onanswer(outcome: AcceptOutcome): void
  onproblem(error: Replic8Error): void
  /** The handler refused the peer as a whole. */
  onrefuse(refusal: Refusal): void
}

/** How a session ends that a handler refused. */
export interface Refusal {
  /** What the peer hears. */
  told: Replic8Error
  /** What this side ends with. */
  error: Error
}

/** Hands an offer to the accept handlers and waits for the first valid answer, for `timeout` ms at most. */
export class Acceptance {
  /** By themselves: what is taken is known by the very string of the offer, and two that are one are compared at once. */
  private readonly keys = new Map<string, string>()
  private readonly hooks: AcceptHooks
  private readonly timer: ReturnType<typeof setTimeout>
  /** A valid call came; its cores may still be opening. */
  private called = false
  private answered = false

  constructor(keys: string[], timeout: number, hooks: AcceptHooks) {
    for (const key of keys) this.keys.set(key, key)
    this.hooks = hooks
    this.timer = setTimeout(
      () => this.decline('accept-timeout', new Replic8Error('ERR_ACCEPT_TIMEOUT')),
      timeout,
    )
  }

  ask(offer: Offer, handlers: AcceptHandler[]) {
    const accept: Accept = (error, selected) => this.accept(error, selected)
    for (const handler of handlers) {
      try {
        const result = handler(offer, accept) as { then?: unknown } | undefined
        if (typeof result?.then === 'function') Promise.resolve(result).catch((error) => this.fail(error))
      } catch (error) {
        this.fail(error)
      }
    }
  }

  /** The session is over: nobody waits for the answer. */
  cancel() {
    this.answered = true
    clearTimeout(this.timer)
  }

  private accept(error?: Error | null, selected: readonly Selection[] = []) {
    if (this.called || this.answered) return
    if (error) {
      // Made first: once the offer is cancelled nothing else would answer it.
      const refusal = refusalOf(error)
      this.cancel()
      this.hooks.onrefuse(refusal)
      return
    }
    if (!Array.isArray(selected))
      throw new Replic8Error('ERR_BAD_ARGUMENT', 'accept takes an error or null, and an array of cores.')
    const taken = selected.map(toSelection)
    for (const chosen of taken) {
      const { hex } = chosen
      if (hex === undefined) continue
      chosen.hex = this.keys.get(hex)
      if (!chosen.hex) throw new Replic8Error('ERR_NOT_OFFERED', `Key ${hex} is not in this offer.`)
    }
    this.called = true
    if (taken.every(hasHex)) this.answer(taken)
    else void this.awaitKeys(taken)
  }

  /** Some cores learn their key when they open. */
  private async awaitKeys(taken: Chosen[]) {
    const open = await Promise.allSettled(
      taken.map(({ core, hex }) => (hex ? undefined : this.hooks.open(core))),
    )
    if (this.answered) return
    for (const result of open) {
      if (result.status === 'rejected') this.hooks.onproblem(toReplic8Error(result.reason, 'ERR_CORE_FAILED'))
    }
    const ready = taken
      .filter((_, i) => open[i]?.status === 'fulfilled')
      .map((chosen) => ({ ...chosen, hex: keyHex(chosen.core) as string }))
    const foreign = ready.find(({ hex }) => !this.keys.has(hex))
    if (!foreign) return this.answer(ready)
    this.decline(
      'handler-failed',
      new Replic8Error('ERR_NOT_OFFERED', `Key ${foreign.hex} is not in this offer.`),
    )
  }

  private answer(taken: Taken[]) {
    if (this.answered) return
    this.cancel()
    this.hooks.onanswer({ taken, reason: 'declined' })
  }

  /** A handler threw: that is a problem also where the offer is answered already. */
  private fail(error: unknown) {
    const problem = toReplic8Error(error, 'ERR_ACCEPT_FAILED')
    if (this.answered) this.hooks.onproblem(problem)
    else this.decline('handler-failed', problem)
  }

  private decline(reason: AnswerReason, problem: Replic8Error) {
    if (this.answered) return
    this.cancel()
    this.hooks.onproblem(problem)
    this.hooks.onanswer({ taken: [], reason })
  }
}

/** Handlers may refuse with anything, and the wire takes nothing but text. */
function refusalOf(value: unknown): Refusal {
  const { code, message } = Object(value) as { code?: unknown; message?: unknown }
  const sound = value instanceof Error && typeof message === 'string'
  const error = sound ? value : new Error(textOf(message ?? value), { cause: value })
  const reason = { code: typeof code === 'string' ? code : 'ERR_REFUSED', message: error.message }
  return { told: new Replic8Error('ERR_PEER_REFUSED', undefined, { reason }), error }
}

/** Text for anything; an object without a prototype has none of its own. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'The handler gave no reason.'
  }
}

function toSelection(value: Selection): Chosen {
  if (isCore(value)) return { core: value, hex: keyHex(value), options: asItIs }
  const { core, ...options } = (value ?? {}) as { core?: Core } & ReplicateOptions
  if (!isCore(core))
    throw new Replic8Error(
      'ERR_BAD_ARGUMENT',
      'accept takes cores, or { core, download, upload, maxRequests, whole }.',
    )
  return { core, hex: keyHex(core), options }
}

function hasHex(chosen: Chosen): chosen is Taken {
  return chosen.hex !== undefined
}

/** The offer as the handlers get it. */
export function freezeOffer(namespace: Namespace, keys: Buffer[], headers: Header[]): Offer {
  for (const header of headers) deepFreeze(header)
  return Object.freeze({ namespace, keys: Object.freeze(keys), headers: Object.freeze(headers) })
}

function deepFreeze(value: unknown) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) deepFreeze(inner)
}
