// `npm run profile -- NAME [options of npm run bench]`: a flame graph of a benchmark, and where its time went.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './harness/root.ts'
import { type CallFrame, frameOf } from './profile/frames.ts'
import { layerOf } from './profile/layers.ts'
import { type CpuProfile, type Flame, merge, selfTimes } from './profile/merge.ts'
import { flamePage } from './profile/page.ts'

const [name, ...options] = process.argv.slice(2)
if (!name || name.startsWith('-')) {
  console.error(`Usage: npm run profile -- NAME [options]

Runs one benchmark with CPU profiles of its Node processes, and writes a flame graph of those in which replic8
replicated to bench/profiles/NAME.html. Options are those of npm run bench: --small, --set A=N,…, --systems A,…`)
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'replic8-profile-'))
try {
  const program = [join(root, 'scripts/run-ts.mjs'), join(root, 'bench/run.ts'), name]
  const sizes = options.indexOf('--set') + 1
  const set = sizes > 0 ? `rounds=1,${options[sizes]}` : 'rounds=1'
  // The last of two counts.
  const args = [...program, '--profile', folder, ...options, '--set', set]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) process.exit(status ?? 1)
  const read = (frame: CallFrame) => frameOf(frame, folder)
  const profiles = readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file): CpuProfile => JSON.parse(readFileSync(join(folder, file), 'utf8')))
    .filter(({ nodes }) =>
      nodes.some(({ callFrame }) => read(callFrame).source.startsWith('src/negotiation')),
    )
  if (profiles.length === 0) throw new Error(`No Node process of the benchmark ${name} replicated anything.`)
  await report(merge(profiles, read))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function report(flames: Flame): Promise<void> {
  const file = join(root, 'bench', 'profiles', `${name}.html`)
  mkdirSync(join(root, 'bench', 'profiles'), { recursive: true })
  writeFileSync(file, await flamePage(`npm run profile -- ${[name, ...options].join(' ')}`, flames))
  const named = selfTimes(flames, (frame) => `${frame.name} (${frame.source || 'native'})`)
  console.log(`${table('layer', selfTimes(flames, layerOf), flames.value)}
${table('function', named.slice(0, 20), flames.value)}
${file}`)
}

/** Times of each by itself, without what it called. */
function table(what: string, times: [key: string, microseconds: number][], all: number): string {
  const lines = times.map(
    ([key, time]) => `| ${key} | ${(time / 1000).toFixed(1)} | ${((100 * time) / all).toFixed(1)} |`,
  )
  return `${[`| ${what} | ms | % |`, '|---|---:|---:|', ...lines].join('\n')}\n`
}
