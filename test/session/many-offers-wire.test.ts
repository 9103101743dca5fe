import { expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { encodeMessage } from '../../src/wire/codec.ts'
import type { OfferMessage } from '../../src/wire/messages.ts'
import { reader, type TestCore, writer } from '../helpers/cores.ts'
import { HostilePeer, hello } from '../helpers/hostile-peer.ts'
import { encryptionKey, expectAlive, openSessions, outcomes, sessions } from '../helpers/sessions.ts'
import { copyOf, takeAll } from '../helpers/sharing.ts'

const live = { live: true }

const keyOf = (n: number) => {
  const key = Buffer.alloc(32, 1)
  key.writeUInt32BE(n)
  return key
}

/** Something that can be offered and has no blocks. */
const keyOnly = (n: number) => ({ key: keyOf(n), replicate() {}, ready: (done: () => void) => done() })

test('20,000 offers that are declined go through, and the session works on', async () => {
  const [a, b] = await openSessions(live, live)
  let offered = 0
  b.on('advertise', ({ keys }, accept) => {
    offered += keys.length
    accept(null, [])
  })
  const cores = Array.from({ length: 20_000 }, (_, n) => keyOnly(n))
  const { accepted } = a.share(
    cores,
    cores.map((_, n) => ({ n })),
  )
  expect(await accepted).toEqual([])
  expect(offered).toBe(20_000)
  await Promise.all([a.synced(), b.synced()])
  expect(a.why(keyOf(19_999)).code).toBe('declined')
  expect(a.stats.feeds).toMatchObject({ offered: 20_000, declined: 20_000 })
  await expectAlive(a, b)
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('never more than 64 pages are unanswered, and an answer lets the next one go', async () => {
  const session = replic8(encryptionKey, { initiator: false, live: true })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(peer.stream)
  await peer.greet({ ...hello, limits: { ...hello.limits, feedsPerPage: 64 } })
  await session.opened
  session.share(Array.from({ length: 20_000 }, (_, n) => keyOnly(n)))
  const pages = () => peer.received.filter((message): message is OfferMessage => message.type === 'offer')
  // A pong comes after all that was sent before it.
  const ask = async (token: number) => {
    peer.send({ type: 'ping', token })
    while (!peer.received.some((message) => message.type === 'pong' && message.token === token)) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await peer.heard('offer')
  const all = Math.ceil(20_000 / 64)
  for (let answered = 0; answered < all; ) {
    await ask(1000 + answered)
    expect(pages().length).toBe(Math.min(all, answered + 64))
    for (const { first, keys } of pages().slice(answered, answered + 30)) {
      peer.send({ type: 'answer', first, accepted: keys.map(() => false), reason: 'declined' })
      answered++
    }
  }
  session.destroy()
})

test('an answer costs at most one bit a key, and a constant', async () => {
  const session = replic8(encryptionKey, { initiator: false, live: true })
  const peer = new HostilePeer(encryptionKey)
  const choices = [() => true, () => false, (n: number) => n % 2 === 0, (n: number) => (n * 7) % 11 < 5]
  let page = 0
  session.on('advertise', ({ keys }, accept) => {
    const choose = choices[page++] as (n: number) => boolean
    accept(
      null,
      keys.filter((_, n) => choose(n)).map((key) => ({ key, replicate() {} })),
    )
  })
  session.pipe(peer.stream)
  await peer.greet()
  for (const i of choices.keys()) {
    const keys = Array.from({ length: 1000 }, (_, n) => keyOf(i * 1000 + n))
    peer.send({
      type: 'offer',
      first: i * 1000,
      namespace: null,
      keys,
      lengths: keys.map(() => [0]),
      headers: keys.map(() => ({})),
    })
  }
  const answers = () => peer.received.filter((message) => message.type === 'answer')
  while (answers().length < choices.length) await new Promise((resolve) => setImmediate(resolve))
  for (const answer of answers()) expect(encodeMessage(answer).length).toBeLessThanOrEqual(1000 / 8 + 16)
  session.destroy()
})

test('1,000 feeds that are taken replicate whole', async () => {
  const [a, b] = sessions()
  const cores: TestCore[] = await Promise.all(Array.from({ length: 1000 }, (_, n) => writer(n % 3)))
  const noiseKeyPair = cores[0].noiseKeyPair
  const taken = takeAll(b, { make: (key) => reader(key, { noiseKeyPair, sparse: true }) })
  const share = a.share(cores)
  a.pipe(b.stream)
  expect(await share.accepted).toHaveLength(1000)
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  for (const core of cores) {
    const copy = copyOf(taken, core)
    if (core.length > 0) expect(copy.downloaded(0, core.length)).toBe(core.length)
  }
  expect(a.stats.blocksSent).toBe(999)
}, 60_000)
