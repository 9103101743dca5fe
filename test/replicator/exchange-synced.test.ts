import { expect, test } from 'vitest'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { outcomes } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'
import { arrived, connect, connected, replicator, sharing, taking } from './peers.ts'

test('synced is not early right after connecting, while a slow store makes up its mind', async () => {
  const [quick, slow] = [await writer(1), await writer(2)]
  const [a, b] = [replicator(), replicator()]
  let go = () => {}
  const wait = new Promise<void>((resolve) => {
    go = resolve
  })
  a.use(sharing(quick))
  a.use({
    share: async () => {
      await wait
      return [slow]
    },
  })
  b.use(taking())
  connect(a, b)
  const both = Promise.all([a.synced(), b.synced()])
  let isEarly = true
  both.then(() => expect(isEarly).toBe(false))
  await until(() => b.why(quick.key).code === 'synced')
  isEarly = false
  go()
  const [atA, atB] = await both
  expect(atA.feeds.map(({ key }) => hex(key)).toSorted()).toEqual([quick, slow].map(hex).toSorted())
  expect(atB.feeds).toHaveLength(2)
})

test('synced waits for a feed that a slow store takes after its page was answered', async () => {
  const [quick, slow] = [await writer(1), await writer(2)]
  const [a, b] = [replicator(), replicator()]
  a.use(sharing(quick, slow))
  const copies = taking()
  let go = () => {}
  const wait = new Promise<void>((resolve) => {
    go = resolve
  })
  b.use({
    store: async (question) => {
      if (question.key.equals(slow.key)) await wait
      return copies.store(question)
    },
  })
  connect(a, b)
  const all = b.synced()
  await arrived(copies.copies, quick, 1)
  expect(b.why(slow.key).code).toBe('declined')
  go()
  expect((await all).feeds).toHaveLength(2)
  expect(await blocks(copies.copies.get(hex(slow)))).toEqual(['block 0', 'block 1'])
})

test('synced of keys asks whoever has them', async () => {
  const [one, two, nowhere] = [await writer(1), await writer(2), await writer(1)]
  const [a, b, c] = [replicator(), replicator({ forward: false }), replicator()]
  a.use(sharing(one))
  c.use(sharing(two))
  b.use(taking())
  connect(a, b)
  connect(b, c)
  const { feeds } = await b.synced({ keys: [one.key, hex(two)], direction: 'in' })
  expect(feeds.map(({ key, length }) => [hex(key), length]).toSorted()).toEqual(
    [
      [hex(one), 1],
      [hex(two), 2],
    ].toSorted(),
  )
  await expect(b.synced({ keys: [nowhere.key] })).rejects.toMatchObject({ code: 'ERR_NOT_OFFERED' })
})

test('synced is not disturbed by a stranger, and fails with a peer that was lost before its feed was whole', async () => {
  const core = await writer(3)
  const [a, b] = [replicator(), replicator()]
  const stranger = new Replicator(Buffer.alloc(32, 9))
  b.use({ store: ({ key }) => reader(key) })
  const strange = connect(stranger, b)
  expect(await outcomes(...strange)).not.toContain('clean')
  expect((await b.synced()).feeds).toEqual([])
  await stranger.close()
  // A peer that offers, and then never sends a block.
  a.use({ share: () => [Object.assign(Object.create(core), { replicate: () => {} })] })
  const [, atB] = await connected(a, b)
  const lost = b.synced()
  await until(() => b.why(core.key).code === 'replicating')
  atB.destroy(new Error('cut'))
  await expect(lost).rejects.toThrow('cut')
})

test('synced gives up after its timeout', async () => {
  const b = replicator()
  b.connect(memoryPair()[0])
  await expect(b.synced({ timeout: 1 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
})
