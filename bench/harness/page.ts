import type { Machine } from './machine.ts'
import type { Benchmark, Goal, Row, Run } from './results.ts'
import { median, ratios } from './statistics.ts'

const intro = `# Benchmarks

\`npm run bench\` runs all of this and writes this page; \`npm run bench -- NAME\` runs those whose names begin with NAME
and leaves the rest as it is. What a run measured is in \`bench/results\`, round by round. The packages that replic8 is
compared with are those of \`bench/peers.json\`, from npm, installed into a folder of their own.

A ratio is replic8's figure divided by the other's. Both are measured in the same run, in turns, and divided round by
round; the ratio is the median of that, the spread the lowest and the highest. For times, CPU and memory less than 1 is
better, for what is done a second more than 1. Absolute figures are medians of the rounds.
`

/** docs/BENCHMARKS.md, of what the benchmarks left. */
export function renderPage(sections: { benchmark: Benchmark; run: Run }[]): string {
  const rows = sections.flatMap(({ run }) => run.rows)
  return [intro, renderGoals(rows), ...sections.map((section) => renderSection(section))].join('\n')
}

/** What was set out to be reached, beside what was measured. */
function renderGoals(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ what, unit, against, replic8, theirs, goal }) => {
    if (!goal || !theirs) return []
    const own = goal.of === 'figure'
    const value = median(own ? replic8 : ratios(replic8, theirs))
    const [sign, bounds] = 'atMost' in goal ? ['≤', goal.atMost] : ['≥', goal.atLeast]
    const suffix = own ? ` ${unit}` : ''
    const shown = bounds.map((bound) => `${sign} ${bound}${suffix}`)
    const cells = [what, against ?? '', `**${show(value)}${suffix}**`, ...shown]
    return [`| ${[...cells, reached(value, goal)].join(' | ')} |`]
  })
  const head = '| what | against | measured | goal | aim | reached |\n|---|---|---:|---:|---:|---|'
  return `## Goals\n\n${[head, ...lines].join('\n')}\n`
}

function reached(value: number, goal: Goal): string {
  const holds = (bound: number) => ('atMost' in goal ? value <= bound : value >= bound)
  const [solid, aim] = 'atMost' in goal ? goal.atMost : goal.atLeast
  if (holds(aim)) return 'aim'
  return holds(solid) ? 'goal' : 'no'
}

function renderSection({ benchmark, run }: { benchmark: Benchmark; run: Run }): string {
  const { name, title, about } = benchmark
  const { rows, how, machine, day } = run
  const parts = [
    `## ${title}`,
    `\`npm run bench -- ${name}\``,
    about,
    renderTable(rows),
    how.map((line) => `- ${line}`).join('\n'),
    `Measured on ${day}: ${renderMachine(machine)}.`,
  ]
  return `${parts.join('\n\n')}\n`
}

export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${renderRow(row).join(' | ')} |`)
  return [
    '| what | against | ratio | spread | replic8 | other |',
    '|---|---|---:|---:|---:|---:|',
    ...lines,
  ].join('\n')
}

function renderRow({ what, unit, replic8, against, theirs }: Row): string[] {
  const own = `${show(median(replic8))} ${unit}`
  if (!theirs)
    return [what, '', '', '', `${own} (${show(Math.min(...replic8))} to ${show(Math.max(...replic8))})`, '']
  const each = ratios(replic8, theirs)
  return [
    what,
    against ?? '',
    `**${show(median(each))}**`,
    `${show(Math.min(...each))} to ${show(Math.max(...each))}`,
    own,
    `${show(median(theirs))} ${unit}`,
  ]
}

function renderMachine({ cpu, cores, memoryGiB, system, node, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load before the run ${load.toFixed(1)}`
}

/** Three digits, or as many as stand before the point. */
function show(value: number): string {
  if (!Number.isFinite(value)) return '?'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}
