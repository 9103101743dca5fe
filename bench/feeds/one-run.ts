import { startUsage, type Usage } from './usage.ts'
import type { Carried, Variant } from './variants.ts'

/**
 * Measures a variant in a process of its own. The arguments: its name, how many feeds, how many runs like it come
 * before, and of how many the middle one is given. Node has to run with `--expose-gc`.
 */
export async function oneRun(variants: Record<string, Variant>): Promise<never> {
  const [name, ...numbers] = process.argv.slice(2)
  const [feeds, before, measured] = numbers.map(Number) as [number, number, number]
  const variant = variants[name as string] as Variant
  // What compiles and loads does so before the measured run, in all variants alike.
  let last = await variant(100)
  const runs: (Usage & Pick<Carried, 'wireBytes'>)[] = []
  for (let i = 0; i < before + measured; i++) {
    if (i > 0) for (const end of last.ends) end.destroy()
    const stop = await startUsage()
    last = await variant(feeds)
    runs.push({ ...(await stop()), wireBytes: last.wireBytes })
  }
  const sorted = runs.slice(before).sort((a, b) => a.cpuMs - b.cpuMs)
  process.stdout.write(`${JSON.stringify(sorted[measured >> 1])}\n`)
  // Sessions are open and would keep the process alive.
  process.exit(last.keep ? 0 : 1)
}
