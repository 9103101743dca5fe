import { Replic8Error } from '../errors.ts'
import type { Namespace } from '../negotiation/events.ts'
import { checkHeader } from '../wire/header.ts'
import type { Header } from '../wire/messages.ts'
import { type Core, isCore } from './core.ts'
import type { SessionLimits } from './options.ts'

/** What `share` gives back. */
export interface Share {
  /**
   * Resolves when every offer was answered, with the keys that the peer took; [] if none.
   * Rejects with ERR_WITHDRAWN or ERR_CLOSED when that comes first. Never an unhandled rejection.
   */
  readonly accepted: Promise<Buffer[]>
  /** Takes the offers of this share back. */
  withdraw(): void
}

export interface ShareArguments {
  namespace: Namespace
  cores: Core[]
  headers: Header[]
}

/**
 * Sorts out the arguments of `share([namespace], cores, [headers])`.
 * Errors: ERR_BAD_ARGUMENT, ERR_BAD_HEADER.
 */
export function shareArguments(args: unknown[], limits: SessionLimits): ShareArguments {
  const { namespace, rest } = withNamespace(args)
  const cores = coreList(rest[0])
  const given = rest[1] ?? []
  const headers = (Array.isArray(given) ? given : [given]).flat()
  const none = checkHeader({}, limits)
  const checked = cores.map((_, i) => (headers[i] == null ? none : checkHeader(headers[i], limits)))
  return { namespace, cores, headers: checked }
}

/** Cores from one core, an array of cores, or an array with arrays in it. Errors: ERR_BAD_ARGUMENT. */
export function coreList(value: unknown): Core[] {
  const cores = (Array.isArray(value) ? value : [value]).flat() as unknown[]
  for (const core of cores) {
    if (!isCore(core)) throw new Replic8Error('ERR_BAD_ARGUMENT', 'A core must have a key and replicate().')
  }
  return cores as Core[]
}

/** Takes a namespace from the front of arguments, where there is one. */
export function withNamespace(args: unknown[]): { namespace: Namespace; rest: unknown[] } {
  const [first, ...rest] = args
  if (typeof first === 'string') return { namespace: first, rest }
  if (first === null) return { namespace: null, rest }
  return { namespace: null, rest: args }
}
