import { expect, test } from 'vitest'
import { Deliveries } from '../../bench/bridge/deliveries.ts'
import { fanOut } from '../../bench/bridge/fan-out.ts'
import { sessions } from '../../bench/bridge/sessions.ts'
import { atRate } from '../../bench/harness/pace.ts'
import { renderPage, renderTable } from '../../bench/harness/page.ts'
import type { Benchmark, Result, Row } from '../../bench/harness/results.ts'
import { median, percentile, ratios } from '../../bench/harness/statistics.ts'

/** With tiny sizes, over the sources, without the packages that are compared. */
async function tiny({ run }: Benchmark): Promise<Result> {
  return run({ small: true, sources: true, log: () => {} })
}

const figures = ({ rows }: Result) => Object.fromEntries(rows.map(({ what, replic8 }) => [what, replic8[0]]))

test('one document with some subscribers is measured in two processes, and every copy is right', async () => {
  const result = await tiny(fanOut)
  for (const { what, replic8 } of result.rows) {
    expect(replic8, what).toHaveLength(1)
    expect(replic8[0], what).toBeGreaterThan(0)
  }
  expect(figures(result)['one at a time: to the last subscriber, p50']).toBeDefined()
})

test('many sessions are measured from joining to appending', async () => {
  const result = figures(await tiny(sessions))
  for (const what of [
    'sessions opened',
    'new feeds until all are on the bridge',
    'CPU of the server an append',
  ])
    expect(result[what], what).toBeGreaterThan(0)
  const to = (share: string, whom: string) => result[`from append to ${whom}, ${share}`] as number
  expect(to('p99', 'each subscriber')).toBeGreaterThanOrEqual(to('p50', 'each subscriber'))
  expect(to('p99', 'the last subscriber')).toBeGreaterThanOrEqual(to('p99', 'each subscriber'))
})

test('an entry has arrived when the last follower has it, also where one gets several at once', async () => {
  const deliveries = new Deliveries(2)
  const [a, b] = [deliveries.follower(), deliveries.follower()]
  deliveries.begin(1, 0)
  deliveries.begin(2, 0)
  a(2)
  expect([deliveries.each.length, deliveries.last.length]).toEqual([2, 0])
  b(1)
  await deliveries.complete(1)
  expect([deliveries.each.length, deliveries.last.length]).toEqual([3, 1])
  b(2)
  await deliveries.complete(2)
  expect([deliveries.each.length, deliveries.last.length]).toEqual([4, 2])
  expect(() => a(3)).toThrow('not written')
})

test('what is done at a rate counts from when it was due where the process is late', async () => {
  const times: number[] = []
  let entered = 0
  await atRate(1_000, 3, (_, at) => {
    times.push(at)
    const end = performance.now() + (entered++ === 0 ? 20 : 0)
    while (performance.now() < end);
  })
  expect((times[2] as number) - (times[0] as number)).toBeLessThan(3)
})

test('median, percentile and ratios', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5])
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100])
  expect(ratios([2, 9], [4, 3])).toEqual([0.5, 3])
})

test('the page shows ratio, spread and absolute figures of what was measured', () => {
  const row: Row = {
    what: 'CPU',
    unit: 'ms',
    replic8: [1, 2, 6],
    against: 'other',
    theirs: [2, 2, 2],
    goal: { atMost: [1, 0.9] },
  }
  const table = renderTable([row, { what: 'alone', unit: '/s', replic8: [5, 7] }])
  expect(table).toContain('| CPU | other | **1.00** | 0.500 to 3.00 | 2.00 ms | 2.00 ms |')
  expect(table).toContain('| alone |  |  |  | 6.00 /s (5.00 to 7.00) |  |')
  const machine = { cpu: 'Some CPU', cores: 2, memoryGiB: 4, system: 'Some system', node: 'v20', load: 0 }
  const run = { rows: [row], how: ['How.'], machine, day: '2026-01-01' }
  const page = renderPage([{ benchmark: fanOut, run }])
  for (const part of [table.split('\n')[2], fanOut.title, '- How.', 'Some CPU, 2 cores, 4 GiB'])
    expect(page).toContain(part)
  expect(page).toContain('| CPU | other | **1.00** | ≤ 1 | ≤ 0.9 | goal |')
  const missed = { ...run, rows: [{ ...row, goal: { atLeast: [2, 3] as [number, number] } }] }
  expect(renderPage([{ benchmark: fanOut, run: missed }])).toContain('| ≥ 2 | ≥ 3 | no |')
})
