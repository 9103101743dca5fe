import { expect, test } from 'vitest'
import { delayedLink } from '../../bench/throughput/link.ts'
import type { Session } from '../../src/session/session.ts'
import { blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions, sessions } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'

const live = { live: true }
const count = 600

/** The most requests that a core ever has on their way to one peer, seen whenever a block has come. */
function watchRequests(core: TestCore): { most: number } {
  const seen = { most: 0 }
  core.on('download', () => {
    for (const { inflightRequests } of core.peers) seen.most = Math.max(seen.most, inflightRequests.length)
  })
  return seen
}

/** Two sessions whose bytes are 20 ms on their way: in memory, hypercore's 16 requests fill the path. */
async function farSessions(): Promise<[Session, Session]> {
  const [a, b] = sessions(live, live)
  const [near, far] = delayedLink(40)
  a.pipe(near)
  b.pipe(far)
  await Promise.all([a.opened, b.opened])
  return [a, b]
}

async function replicate(copy: TestCore, core: TestCore, options: { maxRequests?: number } = {}) {
  const [a, b] = await farSessions()
  b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, ...options }]))
  await a.share(core).accepted
  await b.synced()
  expect(await blocks(copy)).toEqual(await blocks(core))
  a.destroy()
}

test('a feed is asked for more blocks at a time than hypercore would, without a word of the application', async () => {
  const core = await writer(count)
  const copy = reader(core.key)
  const seen = watchRequests(copy)
  await replicate(copy, core)
  expect(seen.most).toBeGreaterThan(16)
})

test('how many blocks are asked for at a time is what the one who takes the feed says, where it says so', async () => {
  const core = await writer(count)
  for (const maxRequests of [3, 16]) {
    const copy = reader(core.key)
    const seen = watchRequests(copy)
    await replicate(copy, core, { maxRequests })
    expect(seen.most).toBe(maxRequests)
  }
})

test('how many blocks are asked for at a time is what the core was made with, where that is its own', async () => {
  const core = await writer(count)
  const copy = reader(core.key, { maxRequests: 5 })
  const seen = watchRequests(copy)
  await replicate(copy, core)
  expect(seen.most).toBe(5)
})

test('two peers with one feed share the work, and no block comes twice', async () => {
  const core = await writer(count)
  const copy = reader(core.key)
  const [[a, b], [c, d]] = [await openSessions(live, live), await openSessions(live, live)]
  for (const session of [b, d]) session.on('advertise', (_offer, accept) => accept(null, [copy]))
  a.share(core)
  c.share(core)
  await until(() => copy.downloaded() === count)
  expect(b.stats.blocksReceived + d.stats.blocksReceived).toBe(count)
  expect(b.stats.blocksReceived).toBeGreaterThan(0)
  expect(d.stats.blocksReceived).toBeGreaterThan(0)
  for (const session of [a, c]) session.destroy()
})

test('blocks that were asked of a peer that goes away are asked of another', async () => {
  const core = await writer(count)
  const copy = reader(core.key)
  const [[a, b], [c, d]] = [await farSessions(), await openSessions(live, live)]
  for (const session of [b, d]) session.on('advertise', (_offer, accept) => accept(null, [copy]))
  let onTheirWay = 0
  copy.on('download', () => {
    if (copy.downloaded() !== 100) return
    onTheirWay = copy.peers[0].inflightRequests.length
    b.destroy()
  })
  await a.share(core).accepted
  await until(() => onTheirWay > 0)
  await c.share(core).accepted
  await d.synced()
  expect(onTheirWay).toBeGreaterThan(16)
  expect(await blocks(copy)).toEqual(await blocks(core))
  c.destroy()
})
