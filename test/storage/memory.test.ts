import hypercore from 'hypercore'
import { expect, test } from 'vitest'
import { memory } from '../../src/storage/memory.ts'
import { storageCompliance } from '../compliance/storage.ts'
import { appendAll, closeCore } from './cores.ts'

storageCompliance({
  name: 'memory',
  async create() {
    const storage = memory()
    return { storage, reopen: async () => storage, teardown: async () => {} }
  },
})

test('hypercore(memory) is a new core each time, as with random-access-memory', async () => {
  const [one, other] = [hypercore(memory), hypercore(memory)]
  await appendAll(one, [Buffer.from('a')])
  await appendAll(other, [Buffer.from('b')])
  expect(one.length).toBe(1)
  expect(one.key.equals(other.key)).toBe(false)
  await closeCore(one)
  await closeCore(other)
})
