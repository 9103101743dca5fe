// `npm run build && node scripts/run-ts.mjs bench/feeds/main.ts [feeds] [many feeds] [rounds]`: CPU, wire and memory of many feeds.
import { manyFeeds, type Row } from './many-feeds.ts'

const [few = 1_000, many = 10 * few, rounds = 5] = process.argv.slice(2).map(Number)
const { rows, how } = await manyFeeds.run({
  sizes: { few, many, rounds },
  log: (line) => console.error(line),
})

console.log(['what', 'against', 'ratio', 'lowest to highest', 'replic8', 'theirs'].join(' | '))
for (const row of rows) console.log(lineOf(row).join(' | '))
console.log(how.join(' '))

function lineOf({ what, unit, replic8, against, theirs }: Row): string[] {
  const ratios = replic8.map((value, i) => value / (theirs[i] as number))
  const spread = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`
  const value = (values: number[]) => `${median(values).toPrecision(3)} ${unit}`
  return [what, against, median(ratios).toFixed(3), spread, value(replic8), value(theirs)]
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
