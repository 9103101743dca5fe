import hypercore from 'hypercore'
import ram from 'random-access-memory'
import { expect, test } from 'vitest'

test('hypercore opens and appends in a browser', async () => {
  const core = hypercore(ram)
  await new Promise<void>((resolve, reject) =>
    core.append('hello', (err: Error | null) => (err ? reject(err) : resolve())),
  )
  expect(core.length).toBe(1)
  expect(core.key.length).toBe(32)
})
