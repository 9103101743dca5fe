import { startUsage, type Usage } from './usage.ts'
import type { Carried, Variant } from './variants.ts'

type Run = Usage & Pick<Carried, 'wireBytes'>

/**
 * Measures a variant in a process of its own. The arguments: its name, how many feeds, how many runs like it come
 * before, and of how many the middle one is given. Node has to run with `--expose-gc`.
 */
export async function oneRun(variants: Record<string, Variant>): Promise<never> {
  const [name, ...numbers] = process.argv.slice(2)
  const [feeds, before, measured] = numbers.map(Number) as [number, number, number]
  const variant = variants[name as string] as Variant
  // What compiles and loads does so before the measured run, in all variants alike.
  const warm = await variant(100)
  const runs: Run[] = []
  while (runs.length < before + measured) {
    const { run, ends } = await runOnce(variant, feeds)
    runs.push(run)
    // Nothing of it is left for the next one.
    if (runs.length < before + measured) await Promise.all(ends.map(closed))
  }
  const sorted = runs.slice(before).sort((a, b) => a.cpuMs - b.cpuMs)
  process.stdout.write(`${JSON.stringify(sorted[measured >> 1])}\n`)
  // Sessions are open and would keep the process alive.
  process.exit(warm.keep ? 0 : 1)
}

async function runOnce(variant: Variant, feeds: number): Promise<{ run: Run; ends: Carried['ends'] }> {
  const stop = await startUsage()
  const { wireBytes, keep, ends } = await variant(feeds)
  const usage = await stop()
  if (!keep) throw new Error('What was replicated is let go of, so its memory was not measured.')
  return { run: { ...usage, wireBytes }, ends }
}

function closed(end: Carried['ends'][number]): Promise<void> {
  return new Promise((resolve) => {
    end.on('close', () => resolve())
    end.destroy()
  })
}
