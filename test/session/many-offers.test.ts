import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { append, type TestCore, writer } from '../helpers/cores.ts'
import { openSessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, takeAll } from '../helpers/sharing.ts'

/** The least that can be shared. */
const keyOnly = (): TestCore => ({
  key: randomBytes(32),
  ready: (done: () => void) => done(),
  replicate() {},
})

test('20,000 offers are all answered, with 64 pages without an answer at the most, a bit a key in the answers', async () => {
  const [a, b] = await openSessions({ live: true }, { live: true })
  const cores = Array.from({ length: 20_000 }, keyOnly)
  let pages = 0
  let waiting = 0
  let most = 0
  let keys = 0
  b.on('advertise', (offer, accept) => {
    pages++
    keys += offer.keys.length
    most = Math.max(most, ++waiting)
    setImmediate(() => {
      waiting--
      accept(null, [])
    })
  })
  const before = b.stream.bytesSent
  expect(await a.share(cores).accepted).toEqual([])
  expect(keys).toBe(20_000)
  expect(pages).toBeGreaterThanOrEqual(20)
  expect(most).toBeLessThanOrEqual(64)
  // What B sent: answers, and a few messages of a session that has nothing else to say.
  expect(b.stream.bytesSent - before).toBeLessThan(20_000 / 8 + pages * 64 + 1024)
  expect(b.stats.feeds).toMatchObject({ offered: 20_000, declined: 20_000, accepted: 0 })
  expect(a.why(cores[19_999].key).code).toBe('declined')
})

test('offers beyond the peer’s window wait for its answers, none is lost', async () => {
  const [a, b] = await openSessions({ live: true }, { limits: { feedsPerPage: 10, offersOutstanding: 2 } })
  const answers: (() => void)[] = []
  const asked: number[] = []
  b.on('advertise', (offer, accept) => {
    asked.push(offer.keys.length)
    answers.push(() => accept(null, []))
  })
  const share = a.share(Array.from({ length: 45 }, keyOnly))
  await happens(b, 'advertise')
  expect(asked.length).toBeLessThanOrEqual(2)
  const answerAll = setInterval(() => answers.shift()?.(), 1)
  expect(await share.accepted).toEqual([])
  clearInterval(answerAll)
  expect(asked).toEqual([10, 10, 10, 10, 5])
})

test('300 feeds with blocks are taken and fetched whole, and follow what is appended', async () => {
  const [a, b] = await openSessions({ live: true }, { live: true })
  const cores = await Promise.all(Array.from({ length: 300 }, (_, i) => writer(1 + (i % 3))))
  const taken = takeAll(b)
  const keys = await a.share(cores).accepted
  expect(keys.map((key) => key.toString('hex')).sort()).toEqual(cores.map(hex).sort())
  await b.synced()
  for (const core of cores) expect(copyOf(taken, core).downloaded(0, core.length)).toBe(core.length)
  await Promise.all(cores.map((core) => append(core, 'more')))
  await a.synced({ direction: 'out' })
  for (const core of cores) expect(copyOf(taken, core).downloaded(0, core.length)).toBe(core.length)
})
