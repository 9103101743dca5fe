import { expect, test } from 'vitest'
import { append, writer } from '../helpers/cores.ts'
import { expectAlive } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'
import { arrived, connected, replicator, sharing, taking } from './peers.ts'

test('pauseDownloads holds for every session, also for those that come later', async () => {
  const [one, two] = [await writer(3), await writer(4)]
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const { copies, ...store } = taking()
  a.use(sharing(one))
  c.use(sharing(two))
  b.use(store)
  await connected(a, b)
  await arrived(copies, one, 3)
  expect(b.downloadsPaused).toBe(false)
  await b.pauseDownloads()
  expect(b.downloadsPaused).toBe(true)
  await append(one, 'one more')
  await connected(c, b)
  await Promise.all([a, c].map((peer) => peer.synced({ direction: 'in' })))
  for (const peer of [a, c]) {
    const [theirs] = peer.sessions
    const mine = b.sessions.find(({ id }) => theirs?.id && id?.equals(theirs.id))
    if (theirs && mine) await expectAlive(theirs, mine)
  }
  expect([b.why(one.key).code, b.why(two.key).code]).toEqual(['paused', 'paused'])
  expect(b.stats.blocksReceived).toBe(3)
  b.resumeDownloads()
  expect(b.downloadsPaused).toBe(false)
  await Promise.all([arrived(copies, one, 4), arrived(copies, two, 4)])
  expect(b.stats.blocksReceived).toBe(8)
})

test('peers are served while downloads are paused', async () => {
  const core = await writer(5)
  const [a, b] = [replicator(), replicator()]
  const { copies, ...store } = taking()
  a.use(sharing(core))
  b.use(store)
  await a.pauseDownloads()
  await connected(a, b)
  await arrived(copies, core, 5)
  await until(() => a.why(core.key).code === 'synced')
})
