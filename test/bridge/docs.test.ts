import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultLimits } from '../../src/bridge/limits.ts'
import { createMetrics } from '../../src/bridge/metrics.ts'
import { refusals } from '../../src/bridge/observer.ts'
import { bridgeDefaults } from '../../src/bridge/options.ts'
import { settings } from '../../src/bridge/settings.ts'
import { bridge } from './bridges.ts'

const page = readFileSync('docs/BRIDGE.md', 'utf8')

/** The cells of the rows of a section, without their backticks. */
function rows(section: string): string[][] {
  const text = page.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
  const lines = text.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const number = (cell = '') => Number(cell.replaceAll(',', ''))

test('docs/BRIDGE.md names every flag and its setting', () => {
  const named = rows('Options').map(([flag, name]) => [flag, name])
  expect(named.sort()).toEqual(settings.map(({ flag, name }) => [`--${flag}`, name]).sort())
})

test('docs/BRIDGE.md states the defaults that hold', () => {
  const stated = Object.fromEntries(rows('Options').map(([, name, value]) => [name, value]))
  expect(number(stated.port)).toBe(bridgeDefaults.port)
  expect(stated.host).toBe(bridgeDefaults.host)
  expect(stated.storage).toBe(bridgeDefaults.storage)
  expect(stated.minFree).toBe(`${bridgeDefaults.minFree / 1024 ** 2} MiB`)
  expect(number(stated.maxFeeds)).toBe(bridgeDefaults.maxFeeds)
  for (const name of ['heartbeat', 'retryAfterFull'] as const)
    expect(page.replaceAll('\n', ' ')).toMatch(
      new RegExp(`\`${name}\` \\([^)]*, ${bridgeDefaults[name].toLocaleString('en')}\\)`),
    )
})

test('docs/BRIDGE.md states every limit', () => {
  const stated = Object.fromEntries(rows('Limits').map(([name, value]) => [name, number(value)]))
  expect(stated).toEqual(defaultLimits)
})

test('docs/BRIDGE.md names every metric, and every reason', async () => {
  const running = await bridge({ key: undefined })
  const { text } = await createMetrics(() => running.stats)()
  const own = [...text.matchAll(/^# TYPE (replic8_\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind])
  const stated = rows('Metrics')
  expect(stated.map(([name, kind]) => [name, kind]).sort()).toEqual(own.sort())
  const reasons = stated.find(([name]) => name === 'replic8_refused_total')?.[2] as string
  expect(reasons.split(': ')[1]?.split(', ')).toEqual([...refusals])
})
