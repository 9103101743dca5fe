import hyperdrive from 'hyperdrive'
import { expect, test } from 'vitest'
import { call } from '../../src/replicator/feed-store-files.ts'
import { whenOpen } from '../../src/replicator/feed-store-foreign.ts'
import { fromDrives } from '../../src/replicator/from-drives.ts'
import { memory } from '../../src/storage/memory.ts'
import { storeCompliance } from '../compliance/store.ts'
import { announcements, hexes, keysOf, question, somePeer } from './questions.ts'

type Drive = ReturnType<typeof hyperdrive>

const write = (drive: Drive, text: string) => call((cb) => drive.writeFile('/file', text, cb))
const read = (drive: Drive) => call<Buffer>((cb) => drive.readFile('/file', cb))

storeCompliance({
  name: 'a collection of hyperdrives 10',
  remembers: 'nothing',
  async create() {
    const own: Drive[] = []
    return {
      async open() {
        const store = fromDrives(own, { create: (key) => hyperdrive(memory(), key) })
        return {
          store,
          async make() {
            const drive = hyperdrive(memory())
            own.push(drive)
            store.add(drive)
            await whenOpen(drive)
            return drive.key
          },
          async read(key) {
            const drive = store.drives.find((one) => key.equals(one.key as Buffer))
            return [(await read(drive)).toString()]
          },
          close: async () => store.close?.(),
        }
      },
      teardown: async () => {},
    }
  },
  async foreign() {
    const core = hyperdrive(memory())
    await write(core, 'text')
    return { core, content: ['text'] }
  },
})

test('a header tells that it is a drive, and of another kind of feed no drive is made', async () => {
  const made: string[] = []
  const drive = hyperdrive(memory())
  const store = fromDrives([drive], {
    create(key) {
      made.push(key.toString('hex'))
      return hyperdrive(memory(), key)
    },
  })
  await whenOpen(drive)
  const asked = { ...question(drive.key), core: async () => drive }
  expect(await store.describe?.(asked)).toEqual({ type: 'hyperdrive' })
  expect(await store.store?.(question(Buffer.alloc(32, 1), { type: 'chat' }))).toBeNull()
  expect(made).toEqual([])
})

test('without a way to make drives none is taken', async () => {
  const store = fromDrives([])
  expect(await store.store?.(question(Buffer.alloc(32, 1)))).toBeNull()
  const choosy = fromDrives([], { create: () => null })
  expect((await choosy.store?.(question(Buffer.alloc(32, 1)))) ?? null).toBeNull()
  expect(await keysOf(choosy.share?.({ namespace: null, peer: somePeer() }) ?? [])).toEqual([])
})

test('a drive is added once', async () => {
  const drive = hyperdrive(memory())
  await whenOpen(drive)
  const store = fromDrives<Drive>([])
  const host = announcements()
  store.mounted?.(host, '*')
  store.add(drive)
  store.add(drive)
  await host.next()
  expect(host.heard).toEqual([`null ${hexes(drive.key)[0]}`])
  expect(store.drives).toEqual([drive])
})
