import type { Core } from './core.ts'

/**
 * The cores known in this process, by key, held weakly: so that an offered key can be handed out as the very Buffer
 * that the application's own core has, in whatever session it was shared or accepted. While a session has a core, the
 * session is asked for it: a weak reference of its own for each core costs more than the rest of this.
 */
export interface Source {
  /** The core of a key; undefined where it is gone. */
  core(hex: string): Core | undefined
}

/** A session's cores. */
export class SessionSource implements Source {
  private readonly cores: WeakRef<Source>

  constructor(cores: Source) {
    this.cores = new WeakRef(cores)
  }

  core(hex: string): Core | undefined {
    return this.cores.deref()?.core(hex)
  }
}

/** A core that its session has let go of. */
class LooseSource implements Source {
  private readonly ref: WeakRef<Core>

  constructor(core: Core) {
    this.ref = new WeakRef(core)
  }

  core(): Core | undefined {
    return this.ref.deref()
  }
}

const known = new Map<string, Source | Source[]>()
/** Keys from which on those are looked for whose cores are gone. */
const least = 4096
let sweepAt = least

export function rememberCore(hex: string, source: Source, core: Core) {
  const sources = known.get(hex)
  // Mostly nobody has it yet.
  if (!sources) known.set(hex, source)
  else if (Array.isArray(sources)) {
    if (sources.some((other) => other.core(hex) === core)) return
    keep(hex, [...alive(hex, sources), source])
  } else {
    const other = sources.core(hex)
    if (other !== core) known.set(hex, other ? [sources, source] : source)
  }
  if (known.size > sweepAt) sweep()
}

/** A session lets go of a core: from here on it is held for itself. */
export function loosenCore(hex: string, source: Source, core: Core) {
  const sources = sourcesOf(hex)
  // Whoever else has this core answers for it.
  const others = sources.filter((other) => other !== source && other.core(hex))
  if (others.some((other) => other.core(hex) === core)) return keep(hex, others)
  keep(
    hex,
    sources.map((other) => (other === source ? new LooseSource(core) : other)),
  )
}

/** The one that came last and is not closed. */
export function knownCore(hex: string): Core | undefined {
  const sources = known.get(hex)
  if (!sources) return undefined
  if (!Array.isArray(sources)) return openCore(sources.core(hex))
  for (let i = sources.length - 1; i >= 0; i--) {
    const core = openCore(sources[i]?.core(hex))
    if (core) return core
  }
  return undefined
}

function openCore(core: Core | undefined): Core | undefined {
  return core && (core as { closed?: unknown }).closed !== true ? core : undefined
}

function sourcesOf(hex: string): Source[] {
  const sources = known.get(hex) ?? []
  return Array.isArray(sources) ? sources : [sources]
}

function alive(hex: string, sources: Source[]): Source[] {
  return sources.filter((source) => source.core(hex))
}

function keep(hex: string, sources: Source[]) {
  if (sources.length === 0) known.delete(hex)
  else known.set(hex, sources.length === 1 ? (sources[0] as Source) : sources)
}

/** Each key is looked at once or so for each that was added. */
function sweep() {
  // What is set again while a Map is gone through keeps its place, and what is removed does no harm.
  known.forEach((sources, hex) => {
    if (Array.isArray(sources)) keep(hex, alive(hex, sources))
    else if (!sources.core(hex)) known.delete(hex)
  })
  sweepAt = Math.max(least, 2 * known.size)
}
