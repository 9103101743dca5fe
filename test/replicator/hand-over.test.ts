import { expect, test } from 'vitest'
import type { Session } from '../../src/session/session.ts'
import { append, blocks, type TestCore, writer } from '../helpers/cores.ts'
import { outcomes, turn } from '../helpers/sessions.ts'
import { hex, until } from '../helpers/sharing.ts'
import { arrived, problemsOf, replicator, sharing } from './peers.ts'
import { Counted, connectBy } from './switching.ts'

type Pair = [Session, Session]

/** The copies have what the cores have; each block came once over the wire, and was stored once. */
async function expectOnce(counted: Counted, ...cores: TestCore[]) {
  expect(counted.repeated).toEqual([])
  for (const core of cores) {
    const copy = counted.copies.get(hex(core))
    expect(await blocks(copy)).toEqual(await blocks(core))
  }
  const count = cores.reduce((sum, { length }) => sum + length, 0)
  expect([counted.arrived.size, counted.stored.size]).toEqual([count, count])
}

/** Blocks that the second ends of these sessions got, each. */
const got = (pairs: Pair[]) => pairs.map(([, { stats }]) => stats.blocksReceived)

test('from relay to direct in the middle of a download, and back: no block comes twice, none is lost', async () => {
  const core = await writer(6000)
  const [a, b] = [replicator(), replicator()]
  const counted = new Counted()
  a.use(sharing(core))
  b.use(counted.store)
  const pairs = [connectBy('relay', a, b)]
  counted.onblock = (count) => {
    if (count === 1000) pairs.push(connectBy('webrtc', a, b))
    if (count === 4000) {
      pairs[1]?.[0].destroy()
      pairs.push(connectBy('relay', a, b))
    }
  }
  // The relayed one says goodbye while the direct one carries on.
  expect(await outcomes(...(pairs[0] as Pair))).toEqual(['clean', 'clean'])
  await arrived(counted.copies, core, 6000)
  await expectOnce(counted, core)
  expect(b.sessions).toEqual([pairs[2]?.[1]])
  for (const blocks of got(pairs)) expect(blocks).toBeGreaterThan(0)
  expect(got(pairs).reduce((sum, n) => sum + n, 0)).toBe(6000)
})

for (const first of ['relay', 'webrtc'] as const) {
  test(`the direct one stays, also where it came ${first === 'relay' ? 'second' : 'first'}`, async () => {
    const core = await writer(3000)
    const [a, b] = [replicator(), replicator()]
    const counted = new Counted()
    const problems = [problemsOf(a), problemsOf(b)]
    a.use(sharing(core))
    b.use(counted.store)
    const one = connectBy(first, a, b)
    let two: Pair | undefined
    counted.onblock = (count) => {
      if (count === 500) two = connectBy(first === 'relay' ? 'webrtc' : 'relay', a, b)
    }
    await until(() => two !== undefined)
    const [stays, goes] = first === 'relay' ? [two as Pair, one] : [one, two as Pair]
    const synced = [a.synced(), b.synced()]
    expect(await outcomes(...goes)).toEqual(['clean', 'clean'])
    for (const { feeds } of await Promise.all(synced))
      expect(feeds.map(({ key }) => hex(key))).toContain(hex(core))
    await expectOnce(counted, core)
    expect([a.sessions, b.sessions]).toEqual(stays.map((session) => [session]))
    expect(problems).toEqual([[], []])
  })
}

test('synced that was asked for before the switch resolves after it, and not before all is there', async () => {
  const core = await writer(4000)
  const [a, b] = [replicator(), replicator()]
  const counted = new Counted()
  a.use(sharing(core))
  b.use(counted.store)
  const relay = connectBy('relay', a, b)
  const synced = { all: b.synced(), key: b.synced({ keys: [core.key] }), out: a.synced({ direction: 'out' }) }
  counted.onblock = (count) => void (count === 300 && connectBy('webrtc', a, b))
  await outcomes(...relay)
  expect(counted.copies.get(hex(core)).downloaded()).toBeLessThan(4000)
  for (const { feeds } of [await synced.all, await synced.key]) {
    expect(counted.copies.get(hex(core)).downloaded()).toBe(4000)
    expect(feeds).toContainEqual(expect.objectContaining({ direction: 'in', length: 4000 }))
  }
  expect((await synced.out).feeds).toContainEqual(expect.objectContaining({ length: 4000 }))
})

test('a feed is agreed on in one session or the other at every moment of the switch', async () => {
  const cores = await Promise.all(Array.from({ length: 40 }, () => writer(20)))
  const [a, b] = [replicator(), replicator()]
  const counted = new Counted()
  a.use(sharing(...cores))
  b.use(counted.store)
  connectBy('relay', a, b)
  await Promise.all(cores.map((core) => arrived(counted.copies, core, 20)))
  await Promise.all([a.synced(), b.synced()])
  const [, atB] = connectBy('webrtc', a, b)
  const stands = ({ code }: { code: string }) => code === 'synced' || code === 'replicating'
  while (b.sessions.length !== 1 || !atB.isOpen) {
    for (const core of cores) expect([a, b].map((peer) => stands(peer.why(core.key)))).toEqual([true, true])
    await turn()
  }
  for (const core of cores) expect([a, b].map((peer) => stands(peer.why(core.key)))).toEqual([true, true])
  await Promise.all(cores.map((core) => append(core, 'one more')))
  await Promise.all(cores.map((core) => arrived(counted.copies, core, 21)))
  await expectOnce(counted, ...cores)
})

test('both download from each other, many feeds, and a third peer gets all of them', async () => {
  const mine = await Promise.all(Array.from({ length: 20 }, (_, i) => writer(50 + 10 * i)))
  const theirs = await Promise.all(Array.from({ length: 20 }, (_, i) => writer(240 - 10 * i)))
  const [a, b, c] = [replicator(), replicator(), replicator()]
  const [atA, atB, atC] = [new Counted(), new Counted(), new Counted()]
  a.use(sharing(...mine))
  a.use(atA.store)
  b.use(sharing(...theirs))
  b.use(atB.store)
  c.use(atC.store)
  connectBy('webrtc', b, c)
  const relay = connectBy('relay', a, b)
  let direct: Pair | undefined
  atB.onblock = (count) => {
    if (count === 600) direct = connectBy('webrtc', a, b)
  }
  expect(await outcomes(...relay)).toEqual(['clean', 'clean'])
  await Promise.all(theirs.map((core) => arrived(atA.copies, core, core.length)))
  for (const counted of [atB, atC])
    await Promise.all(mine.map((core) => arrived(counted.copies, core, core.length)))
  await Promise.all(theirs.map((core) => arrived(atC.copies, core, core.length)))
  await expectOnce(atA, ...theirs)
  await expectOnce(atB, ...mine)
  await expectOnce(atC, ...mine, ...theirs)
  expect(a.sessions).toEqual([direct?.[0]])
})
