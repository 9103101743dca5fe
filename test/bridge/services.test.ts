import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Connection, SignalRoom } from '../../src/connection.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import { bridge } from './bridges.ts'

const soon = { timeout: 20_000 }
const topic = new Uint8Array(32).fill(7)

/** A client of the signalling, joined to the topic, with what it was told. */
function join(url: string, id: string) {
  const told: string[] = []
  const relays: Connection[] = []
  const room: SignalRoom = websocketSignal(url, { WebSocket: WebSocket as never }).join(topic, id, {
    peer: (other) => told.push(`${other} is there`),
    gone: (other) => told.push(`${other} is gone`),
    message: (from, data) => told.push(`${from} says ${JSON.stringify(data)}`),
    relay: (_, connection) => relays.push(connection),
    norelay: (_, error) => told.push((error as Error & { code: string }).code),
  })
  onTestFinished(() => room.leave())
  return { told, relays, room }
}

test('two ends of a topic that the bridge has no key of find each other, talk, and are relayed', async () => {
  const running = await bridge({ key: undefined })
  const [ann, ben] = [join(running.url, 'ann'), join(running.url, 'ben')]
  await expect.poll(() => [ann.told, ben.told], soon).toEqual([['ben is there'], ['ann is there']])
  expect(running.stats).toMatchObject({ members: 2, topics: 1, relays: 0 })
  ann.room.send('ben', { hello: 1 })
  await expect.poll(() => ben.told, soon).toContain('ann says {"hello":1}')

  ann.room.relay?.('ben')
  await expect.poll(() => [ann.relays.length, ben.relays.length], soon).toEqual([1, 1])
  const [from, to] = [ann.relays[0] as Connection, ben.relays[0] as Connection]
  expect([from.kind, from.initiator, to.initiator]).toEqual(['relay', true, false])
  expect(running.stats.relays).toBe(1)
  const arrived = new Promise<Uint8Array>((resolve) => {
    to.ondata = resolve
  })
  from.ondata = () => {}
  from.send(new Uint8Array([1, 2, 3]))
  expect(await arrived).toEqual(new Uint8Array([1, 2, 3]))
  expect(running.stats.bytesRelayed).toBeGreaterThanOrEqual(3)

  from.close()
  await expect.poll(() => running.stats.relays, soon).toBe(0)
  ben.room.leave()
  await expect.poll(() => ann.told, soon).toContain('ben is gone')
})

test('the limits of the bridge hold for its signalling and its relays', async () => {
  const running = await bridge({ key: undefined, limits: { relays: 1, membersPerTopic: 2 } })
  const [ann, ben] = [join(running.url, 'ann'), join(running.url, 'ben')]
  await expect.poll(() => [ann.told, ben.told], soon).toEqual([['ben is there'], ['ann is there']])
  ann.room.relay?.('ben')
  await expect.poll(() => ann.relays.length, soon).toBe(1)
  ben.room.relay?.('ann')
  await expect.poll(() => ben.told, soon).toContain('ERR_OVER_QUOTA')
  join(running.url, 'carl')
  await expect.poll(() => running.stats.refused, soon).toMatchObject({ relays: 1, members: 1 })
})
