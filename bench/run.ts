// `node scripts/run-ts.mjs bench/run.ts [NAME …]`: runs the benchmarks whose names begin so, and writes docs/BENCHMARKS.md.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { benchmarks } from './benchmarks.ts'
import { describeMachine } from './harness/machine.ts'
import { renderPage, renderTable } from './harness/page.ts'
import { readRun, writeRun } from './harness/results.ts'
import { root } from './harness/root.ts'

const usage = `Usage: npm run bench -- [NAME …] [options]

Runs the benchmarks whose names begin with one of NAME, all without any: ${benchmarks.map(({ name }) => name).join(', ')}.

  --set A=N,B=N   other sizes than those of the page, as rounds=1; writes nothing, but for rounds
  --sources    measure src, not what npm run build makes of it
  --systems A,B   only these of the systems that are compared; writes nothing
  --profile DIR   leaves CPU profiles of all processes in a folder; writes nothing
  --small      tiny sizes, of replic8 only, to see that everything works; writes nothing
  --dry        writes nothing
  --page       only write the page again, from what was measured last`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string', default: '' },
    sources: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    systems: { type: 'string' },
    profile: { type: 'string' },
    dry: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const chosen = benchmarks.filter(
  ({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
)
const sizes = Object.fromEntries(
  values.set.split(',').flatMap((pair) => {
    const [name, number] = pair.split('=')
    return name ? [[name, Number(number)]] : []
  }),
)
const wrong = chosen.length === 0 || !Object.values(sizes).every((size) => Number.isInteger(size) && size > 0)
if (values.help || wrong) {
  console.error(usage)
  process.exit(values.help ? 0 : 1)
}

// What leaves something out, or slows everything down, is not for the page.
const { rounds: _, ...others } = sizes
const leavesOut = values.small || values.systems || values.profile || Object.keys(others).length > 0
const writes = !leavesOut && !values.dry
if (values.profile) process.env.REPLIC8_BENCH_PROFILE = resolve(values.profile)
if (values.page) writePage()
else await measure()

async function measure() {
  const { small, sources } = values
  const systems = values.systems?.split(',')
  if (!sources) buildPackage()
  for (const { name, title, run } of chosen) {
    const machine = describeMachine()
    console.error(`${name}: ${title}`)
    const result = await run({ small, systems, sources, sizes, log: (line) => console.error(`  ${line}`) })
    console.log(`${renderTable(result.rows)}\n`)
    if (!writes) continue
    writeRun(name, { day: new Date().toISOString().slice(0, 10), machine, ...result })
    writePage()
  }
}

function buildPackage() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function writePage() {
  const sections = benchmarks.flatMap((benchmark) => {
    const run = readRun(benchmark.name)
    return run ? [{ benchmark, run }] : []
  })
  writeFileSync(join(root, 'docs', 'BENCHMARKS.md'), renderPage(sections))
}
