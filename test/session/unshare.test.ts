import { expect, test } from 'vitest'
import { append, blocks, writer } from '../helpers/cores.ts'
import { openSessions } from '../helpers/sessions.ts'
import { copyOf, happens, hex, takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }

test('a feed that is taken back stops, the others go on, and the peer hears of it', async () => {
  const [a, b] = await openSessions(live, live)
  const [gone, kept] = await Promise.all([writer(1), writer(1)])
  const taken = takeAll(b)
  await a.share([gone, kept]).accepted
  await b.synced()
  const withdrawn = happens(b, 'withdraw')
  a.unshare(gone)
  expect(hex((await withdrawn)[0].key)).toBe(hex(gone))
  await Promise.all([append(gone, 'not for you'), append(kept, 'for you')])
  await a.synced()
  expect(await blocks(copyOf(taken, kept))).toEqual(['block 0', 'for you'])
  expect(copyOf(taken, gone).length).toBe(1)
  expect([gone.peers.length, copyOf(taken, gone).peers.length]).toEqual([0, 0])
  expect([a.why(gone.key).code, b.why(gone.key).code]).toEqual(['withdrawn', 'withdrawn'])
})

test('it can be shared again, and what came meanwhile arrives', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = takeAll(b)
  await a.share(core).accepted
  await b.synced()
  a.unshare(core)
  await append(core, 'meanwhile')
  expect((await a.share(core).accepted).map(hex)).toEqual([hex(core)])
  await b.synced()
  await append(core, 'afterwards')
  await a.synced()
  expect(await blocks(copyOf(taken, core))).toEqual(['block 0', 'meanwhile', 'afterwards'])
})

test('taking back and sharing again a hundred times, at once, leaves it shared and working', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = takeAll(b)
  const share = a.share(core)
  await share.accepted
  for (let round = 0; round < 100; round++) {
    a.unshare(core)
    const again = a.share(core)
    if (round % 10 === 0) await again.accepted
    if (round % 7 === 0) await append(core, `round ${round}`)
  }
  await a.synced({ keys: [core.key] })
  await append(core, 'the last')
  await a.synced({ keys: [core.key] })
  expect(await blocks(copyOf(taken, core))).toEqual(await blocks(core))
  expect(a.why(core.key).code).toBe('synced')
})

test('offered in two namespaces, the feed goes on until it is taken back in both', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = takeAll(b)
  b.on('other', 'advertise', (offer, accept) => accept(null, [copyOf(taken, { key: offer.keys[0] })]))
  await a.share(core).accepted
  await a.share('other', core).accepted
  a.unshare(core)
  await append(core, 'still here')
  await a.synced()
  expect(copyOf(taken, core).length).toBe(2)
  a.unshare('other', core)
  await until(() => copyOf(taken, core).peers.length === 0)
  await append(core, 'too late')
  await b.synced()
  expect(copyOf(taken, core).length).toBe(2)
})

test('a feed that the other side offers too goes on when one side takes it back', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(1)
  const taken = takeAll(b)
  await a.share(core).accepted
  await b.synced()
  a.on('advertise', (_, accept) => accept(null, [core]))
  await b.share(copyOf(taken, core)).accepted
  a.unshare(core)
  await happens(b, 'withdraw')
  expect(core.peers.length).toBe(1)
  b.unshare(copyOf(taken, core))
  await until(() => core.peers.length === 0)
})
