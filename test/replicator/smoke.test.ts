import { expect, test } from 'vitest'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memoryHub, memoryTransport } from '../../src/transports/memory.ts'
import { blocks, reader, type TestCore, writer } from '../helpers/cores.ts'

const key = Buffer.alloc(32, 7)

test('a feed travels along a line of three', async () => {
  const core = await writer(5)
  const all = [new Replicator(key), new Replicator(key), new Replicator(key)]
  const hubs = [memoryHub(), memoryHub()]
  const got: TestCore[] = []
  for (const r of all) r.on('problem', (e) => console.log(e.message))
  all[0]?.use({ share: () => [core], describe: () => ({ title: 'x' }) })
  for (const r of all.slice(1))
    r.use({
      store: ({ key }) => {
        const c = reader(key)
        got.push(c)
        return c
      },
    })
  all[0]?.join(memoryTransport(hubs[0]!))
  all[1]?.join(memoryTransport(hubs[0]!))
  all[1]?.join(memoryTransport(hubs[1]!))
  all[2]?.join(memoryTransport(hubs[1]!))
  await new Promise<void>((resolve) =>
    all[2]?.on('sync', () => {
      if (got[1]?.length === 5) resolve()
    }),
  )
  console.log(await all[2]?.synced())
  expect(await blocks(got[1])).toEqual(['block 0', 'block 1', 'block 2', 'block 3', 'block 4'])
  await Promise.all(all.map((r) => r.close()))
}, 8000)
