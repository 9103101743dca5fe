import hypercore from 'hypercore'
import RandomAccess from 'random-access-storage'
import { expect, test } from 'vitest'
import { blocks, memory, type TestCore, writer } from '../helpers/cores.ts'
import { expectAlive, openSessions } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'

const live = { live: true }

/** Memory whose blocks are stored when the test says so. */
function slowMemory() {
  const held: (() => void)[] = []
  const storage = (name: string) => {
    const inner = memory()
    if (!name.endsWith('data')) return inner
    return new RandomAccess({
      open: (request: TestCore) => request.callback(null),
      read: (request: TestCore) =>
        inner.read(request.offset, request.size, (error: unknown, data: Buffer) =>
          request.callback(error, data),
        ),
      write: (request: TestCore) =>
        held.push(() =>
          inner.write(request.offset, request.data, (error: unknown) => request.callback(error)),
        ),
      stat: (request: TestCore) =>
        inner.stat((error: unknown, stat: unknown) => request.callback(error, stat)),
    })
  }
  return { storage, held }
}

for (const how of ['is cut', 'has its offer taken back'] as const) {
  test(`a block that is being stored when its session ${how} is not fetched again from another`, async () => {
    const core = await writer(5)
    const { storage, held } = slowMemory()
    const copy = hypercore(storage, core.key)
    const [[a, b], [c, d]] = [await openSessions(live, live), await openSessions(live, live)]
    for (const session of [b, d]) session.on('advertise', (_offer, accept) => accept(null, [copy]))
    await a.share(core).accepted
    await until(() => held.length > 0 && b.stats.blocksReceived === 5)
    const stop = () => held.splice(0).forEach((store) => void store())
    await c.share(core).accepted
    for (let round = 0; round < 5; round++) await expectAlive(c, d)
    expect(d.stats.blocksReceived).toBe(0)
    if (how === 'is cut') b.destroy()
    else a.unshare(core)
    await until(() => b.why(core.key).code !== 'replicating')
    for (let round = 0; round < 5; round++) await expectAlive(c, d)
    expect(d.stats.blocksReceived).toBe(0)
    const synced = d.synced()
    await until(() => {
      stop()
      return copy.downloaded() === 5
    })
    await synced
    expect(await blocks(copy)).toEqual(await blocks(core))
    expect(d.stats.blocksReceived).toBe(0)
    await until(() => copy.peers.length === 1)
    for (const session of [a, c]) session.destroy()
  })
}

test('what a session had requested and not got when it was cut comes from another', async () => {
  const core = await writer(2000)
  let copy: TestCore
  const [[a, b], [c, d]] = [await openSessions(live, live), await openSessions(live, live)]
  const { storage } = { storage: memory }
  for (const session of [b, d]) {
    session.on('advertise', (offer, accept) => {
      copy ??= hypercore(storage, offer.keys[0])
      accept(null, [copy])
    })
  }
  await a.share(core).accepted
  copy.on('download', () => {
    if (copy.downloaded() === 20) a.destroy()
  })
  await c.share(core).accepted
  await d.synced()
  expect(await blocks(copy)).toEqual(await blocks(core))
  expect(b.stats.blocksReceived + d.stats.blocksReceived).toBe(2000)
  c.destroy()
})
