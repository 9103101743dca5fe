import { expect, test } from 'vitest'
import { idb } from '../../src/storage/idb.ts'
import { persist, usage } from '../../src/storage/persistence.ts'
import { pattern, promised } from './promised-file.ts'

test('usage tells what is stored here and how much there is', async () => {
  const storage = idb(`usage ${Math.random()}`)
  const file = promised(storage('file'))
  await file.write(0, pattern(100_000))
  const { used, quota, persisted } = await usage()
  expect(used).toBeGreaterThan(0)
  expect(quota).toBeGreaterThan(used as number)
  expect(persisted).toBe(await persist())
  await file.close()
  await storage.destroy()
})
