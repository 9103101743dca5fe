import type { Core } from './core.ts'

/**
 * The cores known in this process, by key, held weakly: so that an offered key can be handed out as the very Buffer
 * that the application's own core has, in whatever session it was shared or accepted.
 */
const known = new Map<string, WeakRef<Core>[]>()
const forget = new FinalizationRegistry<string>((hex) => keep(hex, alive(hex)))

export function rememberCore(hex: string, core: Core) {
  const cores = known.has(hex) ? alive(hex) : []
  if (cores.some((ref) => ref.deref() === core)) return
  keep(hex, [...cores, new WeakRef(core)])
  forget.register(core, hex)
}

/** The one that came last and is not closed. */
export function knownCore(hex: string): Core | undefined {
  const cores = alive(hex).map((ref) => ref.deref() as Core)
  return cores.findLast((core) => (core as { closed?: unknown }).closed !== true)
}

function alive(hex: string): WeakRef<Core>[] {
  return (known.get(hex) ?? []).filter((ref) => ref.deref())
}

function keep(hex: string, cores: WeakRef<Core>[]) {
  if (cores.length > 0) known.set(hex, cores)
  else known.delete(hex)
}
