import type { Core } from './core.ts'

/**
 * The cores known in this process, by key, held weakly: so that an offered key can be handed out as the very Buffer
 * that the application's own core has, in whatever session it was shared or accepted.
 */
const known = new Map<string, WeakRef<Core>>()
const forget = new FinalizationRegistry<string>((hex) => {
  if (!known.get(hex)?.deref()) known.delete(hex)
})

export function rememberCore(hex: string, core: Core) {
  if (known.get(hex)?.deref() === core) return
  known.set(hex, new WeakRef(core))
  forget.register(core, hex)
}

export function knownCore(hex: string): Core | undefined {
  return known.get(hex)?.deref()
}
