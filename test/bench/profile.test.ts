import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'

const page = 'bench/profiles/throughput.html'
afterAll(() => rmSync(page, { force: true }))

test('one command says where the time of a benchmark goes, and draws it', () => {
  const args = ['scripts/run-ts.mjs', 'bench/profile.ts', 'throughput', '--small', '--sources']
  const printed = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for (const layer of ['engine', 'encryption', 'wire stream', 'session and negotiation', 'storage'])
    expect(printed).toMatch(new RegExp(`^\\| ${layer} \\| [\\d.]+ \\| [\\d.]+ \\|$`, 'm'))
  expect(printed.trim().endsWith(page)).toBe(true)
  expect(existsSync(page)).toBe(true)
  const html = readFileSync(page, 'utf8')
  expect(html).toContain('src/session/')
  // It shows without a network.
  expect(html).not.toMatch(/(src|href)="/)
}, 120_000)

test('a profile of what does not exist says how to ask', () => {
  const run = () =>
    execFileSync(process.execPath, ['scripts/run-ts.mjs', 'bench/profile.ts'], { stdio: 'pipe' })
  expect(run).toThrow(/Usage: npm run profile/)
})
