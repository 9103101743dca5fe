// `node --expose-gc scripts/run-ts.mjs bench/feeds/child.ts <variant> <feeds>`: one run, in a process of its own.
import { startUsage } from './usage.ts'
import { type VariantName, variants } from './variants.ts'

const [name, feeds] = process.argv.slice(2)
const variant = variants[name as VariantName]
// What compiles and loads does so before the measured run, in all variants alike.
await variant(100)
const stop = await startUsage()
const { wireBytes, keep } = await variant(Number(feeds))
const usage = await stop()
process.stdout.write(`${JSON.stringify({ ...usage, wireBytes })}\n`)
// Sessions are open and would keep the process alive.
process.exit(keep ? 0 : 1)
