import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Replicator } from '../../src/replicator/replicator.ts'
import { noiseKeyPair } from '../../src/session/engine.ts'
import { OfferMemory } from '../../src/session/offer-memory.ts'
import type { SessionOptions } from '../../src/session/options.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import type { Header } from '../../src/wire/messages.ts'
import type { TestCore } from '../helpers/cores.ts'
import { encryptionKey, outcomes, sessions } from '../helpers/sessions.ts'
import { hex } from '../helpers/sharing.ts'

/** The least that can be shared: without blocks. */
const keyOnly = (): TestCore => ({
  key: randomBytes(32),
  ready: (done: () => void) => done(),
  replicate() {},
})

const count = 1200

/** Two ends that meet as often as wanted; B takes all that is offered. */
function ends(remember: boolean) {
  const memory = () => (remember ? { memory: new OfferMemory() } : {})
  const options: SessionOptions[] = [0, 1].map(() => ({ live: true, keyPair: noiseKeyPair(), ...memory() }))
  const byKey = new Map<string, TestCore>()
  const meet = async (cores: TestCore[], headers: object[]) => {
    for (const core of cores) byKey.set(hex(core), core)
    const [a, b] = sessions(options[0], options[1])
    const seen = new Map<string, object>()
    b.on('advertise', (offer, accept) => {
      for (const [i, key] of offer.keys.entries()) seen.set(key.toString('hex'), { ...offer.headers[i] })
      accept(
        null,
        offer.keys.map((key) => byKey.get(key.toString('hex')) as TestCore),
      )
    })
    // What is shared before the connection stands is the first batch.
    const share = a.share(cores, headers)
    a.pipe(b.stream)
    expect((await share.accepted).length).toBe(cores.length)
    await b.synced({ keys: [] })
    const bytes = a.stream.bytesSent
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    return { seen, bytes }
  }
  return { meet, options }
}

const headersOf = (cores: TestCore[]) => cores.map((core) => ({ name: hex(core).slice(0, 4) }))
const seenOf = (cores: TestCore[], headers: object[]) =>
  new Map(cores.map((core, i) => [hex(core), headers[i]]))

test('sessions with a memory offer again what has changed, and the handlers see all of it', async () => {
  const { meet } = ends(true)
  const cores = Array.from({ length: count }, keyOnly)
  const headers = headersOf(cores)
  const first = await meet(cores, headers)
  const changed = [...headers.slice(0, -1), { name: 'changed' }]
  const again = await meet(cores, changed)
  expect(again.seen).toEqual(seenOf(cores, changed))
  expect(again.bytes).toBeLessThan(first.bytes / 20)
})

test('sessions without a memory offer everything', async () => {
  const { meet } = ends(false)
  const cores = Array.from({ length: count }, keyOnly)
  const first = await meet(cores, headersOf(cores))
  const again = await meet(cores, headersOf(cores))
  expect(again.seen).toEqual(first.seen)
  expect(again.bytes).toBeGreaterThan(first.bytes * 0.9)
})

test('a peer that was started again gets everything', async () => {
  const { meet, options } = ends(true)
  const cores = Array.from({ length: count }, keyOnly)
  const first = await meet(cores, headersOf(cores))
  ;(options[1] as SessionOptions).memory = new OfferMemory()
  const again = await meet(cores, headersOf(cores))
  expect(again.seen).toEqual(first.seen)
  expect(again.bytes).toBeGreaterThan(first.bytes * 0.9)
})

test('a first batch that is held open longer is not waited for', async () => {
  const { meet, options } = ends(true)
  const cores = Array.from({ length: count }, keyOnly)
  await meet(cores, headersOf(cores))
  const [a, b] = sessions(options[0], options[1])
  b.on('advertise', (_, accept) => accept(null, []))
  a.holdFirstBatch()
  const { accepted } = a.share(cores)
  a.pipe(b.stream)
  expect(await accepted).toEqual([])
})

test('replicators remember what peers offered, without being told to', async () => {
  const cores = Array.from({ length: count }, keyOnly)
  const byKey = new Map(cores.map((core) => [hex(core), core]))
  const [a, b] = [new Replicator(encryptionKey), new Replicator(encryptionKey)]
  a.use({ share: () => cores, describe: ({ key }) => ({ name: key.toString('hex').slice(0, 4) }) })
  const headers = new Map<string, Header>()
  b.use({
    store({ key, header }) {
      headers.set(key.toString('hex'), header)
      return byKey.get(key.toString('hex')) as TestCore
    },
    describe: ({ key }) => headers.get(key.toString('hex')) ?? {},
  })
  const meet = async () => {
    const [mine, theirs] = memoryPair()
    const pair = [a.connect(mine), b.connect(theirs)]
    await Promise.all(pair.map((session) => session.opened))
    await Promise.all(pair.map((session) => session.synced({ keys: [] })))
    const bytes = pair.map((session) => session.stream.bytesSent)
    expect(pair[1]?.stats.feeds.offered).toBeGreaterThanOrEqual(count)
    pair[0]?.end()
    await outcomes(...pair)
    return bytes.reduce((sum, one) => sum + one, 0)
  }
  const first = await meet()
  expect(await meet()).toBeLessThan(first / 5)
  await Promise.all([a.close(), b.close()])
})

test('a memory forgets the peers seen least recently when it takes too much', () => {
  const memory = new OfferMemory(3 * 1024 * 300)
  const offers = Array.from({ length: 1024 }, () => ({ key: hex(keyOnly()), header: {}, lengths: [1] }))
  for (const peer of ['one', 'two', 'three', 'four'])
    memory.keep(peer, { offered: new Map([[null, offers]]), taken: new Map() })
  expect(['one', 'two', 'three', 'four'].map((peer) => memory.of(peer)?.offered.size)).toEqual([
    undefined,
    1,
    1,
    1,
  ])
  const twice = new Map([[null, [...offers, ...offers]]])
  memory.keep('huge', { offered: twice, taken: twice })
  expect(memory.of('huge')?.offered.size).toBe(0)
  memory.keep('two', { offered: new Map(), taken: new Map() })
  expect(memory.of('two')?.offered.size).toBe(0)
})
