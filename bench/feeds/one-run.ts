import { startUsage } from './usage.ts'
import type { Variant } from './variants.ts'

/** One run in a process of its own, whose arguments name the variant and say how many feeds. Node has to run with `--expose-gc`. */
export async function oneRun(variants: Record<string, Variant>): Promise<never> {
  const [name, feeds] = process.argv.slice(2)
  const variant = variants[name as string] as Variant
  // What compiles and loads does so before the measured run, in all variants alike.
  await variant(100)
  const stop = await startUsage()
  const { wireBytes, keep } = await variant(Number(feeds))
  const usage = await stop()
  process.stdout.write(`${JSON.stringify({ ...usage, wireBytes })}\n`)
  // Sessions are open and would keep the process alive.
  process.exit(keep ? 0 : 1)
}
