import { expect, test } from 'vitest'
import { randomKey } from '../../src/platform/random-key.ts'
import { bridge, folder, peerOf, read, write } from './bridges.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

test('a feed of a peer that is gone reaches one that comes later, from the disk of the bridge', async () => {
  const { url } = await bridge()
  const ann = peerOf(url)
  const feed = await write(ann, 'notes', 'one', 'two', 'three')
  await ann.replicator.synced()
  await ann.replicator.close()

  const ben = peerOf(url)
  await expect.poll(() => read(ben, feed.key), soon).toEqual(['one', 'two', 'three'])
})

test('a bridge that was started again over the same storage has what it had', async () => {
  const storage = await folder()
  const first = await bridge({ storage })
  const ann = peerOf(first.url)
  const feed = await write(ann, 'notes', 'kept')
  await ann.replicator.synced()
  await ann.replicator.close()
  await first.close()

  const second = await bridge({ storage })
  const ben = peerOf(second.url)
  await expect.poll(() => read(ben, feed.key), soon).toEqual(['kept'])
})

test('feeds keep their namespaces and headers on their way through the disk of the bridge', async () => {
  const storage = await folder()
  const first = await bridge({ storage })
  const ann = peerOf(first.url)
  const feed = await ann.feeds.writer('notes', { namespace: 'chat', header: { title: 'Hello' } })
  await new Promise((resolve) => feed.append('in a namespace', resolve))
  await ann.replicator.synced()
  await ann.replicator.close()
  await first.close()

  const ben = peerOf((await bridge({ storage })).url)
  await expect.poll(() => read(ben, feed.key), soon).toEqual(['in a namespace'])
  expect(await ben.feeds.feeds()).toMatchObject([{ namespace: 'chat', header: { title: 'Hello' } }])
})

test('the peers of each of several keys are among themselves', async () => {
  const keys = [randomKey(), randomKey()]
  const { url, replicators } = await bridge({ key: undefined, keys })
  const [ann, ben, eve] = [
    peerOf(url, { key: keys[0] }),
    peerOf(url, { key: keys[0] }),
    peerOf(url, { key: keys[1] }),
  ]
  const [annas, eves] = [await write(ann, 'notes', 'for ben'), await write(eve, 'notes', 'for nobody')]
  await expect.poll(() => read(ben, annas.key), soon).toEqual(['for ben'])
  await eve.replicator.synced()
  expect(replicators.map((one) => one.cores.map((core) => core.key))).toEqual([[annas.key], [eves.key]])
  expect(await ann.feeds.get(eves.key)).toBe(undefined)
})

test('a peer of a key that the bridge was not given is told so', async () => {
  const refusing = await bridge()
  const stranger = peerOf(refusing.url, { key: randomKey() })
  const error = await new Promise<Error | undefined>((resolve) => stranger.replicator.once('close', resolve))
  expect(error?.cause).toMatchObject({ reason: { code: '4404', message: 'Not served here.' } })
  expect(refusing.stats.refused['topic-not-served']).toBeGreaterThan(0)
})
