import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { benchmarks } from '../../bench/benchmarks.ts'

test('every benchmark has a name of its own, and a test that runs it with tiny sizes', () => {
  const names = benchmarks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const tests = readdirSync('test/bench')
    .filter((file) => file !== 'benchmarks.test.ts')
    .map((file) => readFileSync(`test/bench/${file}`, 'utf8'))
  const list = readFileSync('bench/benchmarks.ts', 'utf8')
  const modules = [...list.matchAll(/from '\.\/(?!harness\/)([^']+)'/g)].map(([, module]) => module as string)
  expect(modules).toHaveLength(benchmarks.length)
  for (const module of modules)
    expect(
      tests.some((source) => source.includes(`../../bench/${module}`) && source.includes('small: true')),
      module,
    ).toBe(true)
})
