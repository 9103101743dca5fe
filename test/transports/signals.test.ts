import { expect, test } from 'vitest'
import { Replic8Error } from '../../src/errors.ts'
import { joinSignals } from '../../src/transports/signals.ts'
import { SignalHub } from './signal-hub.ts'

const topic = new Uint8Array(32)
const told = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))

/** One end on several hubs, and what it was told. */
function joined(id: string, ...hubs: SignalHub[]) {
  const events: unknown[][] = []
  const room = joinSignals(
    hubs.map((hub) => hub.signal),
    topic,
    id,
    {
      peer: (peer) => events.push(['peer', peer]),
      gone: (peer) => events.push(['gone', peer]),
      message: (from, data) => events.push(['message', from, data]),
      relay: (peer, connection) => events.push(['relay', peer, connection.initiator]),
      norelay: (peer, err) => events.push(['norelay', peer, err.message]),
      problem: (err) => events.push(['problem', err]),
    },
  )
  return { room, events }
}

test('a peer is there once, from the first signal that shows it to the last', async () => {
  const [one, other] = [new SignalHub(), new SignalHub()]
  const { events } = joined('a', one, other)
  const { room } = joined('b', one, other)
  await told()
  expect(events).toEqual([['peer', 'b']])
  one.members.get('a')?.gone('b')
  one.members.get('a')?.gone('b')
  expect(events).toHaveLength(1)
  room.leave()
  expect(events).toEqual([
    ['peer', 'b'],
    ['gone', 'b'],
  ])
})

test('a signal that shows a peer again is listened to', async () => {
  const hub = new SignalHub()
  const { events } = joined('a', hub)
  joined('b', hub)
  await told()
  hub.members.get('a')?.peer('b')
  expect(events).toEqual([
    ['peer', 'b'],
    ['peer', 'b'],
  ])
})

test('a message goes by a signal that shows its peer, and by another one when that loses sight of it', async () => {
  const [one, other] = [new SignalHub(), new SignalHub()]
  const { room } = joined('a', one, other)
  const { events } = joined('b', other)
  await told()
  room.send('b', 1)
  joined('c', one, other)
  await told()
  room.send('c', 2)
  one.members.get('a')?.gone('c')
  room.send('c', 3)
  await told()
  expect(one.said.map(({ data }) => data)).toEqual([2])
  expect(other.said.map(({ data }) => data)).toEqual([1, 3])
  expect(events).toContainEqual(['message', 'a', 1])
})

test('a relay is asked for by each signal that shows the peer and has one, until one gives it', async () => {
  const [none, refusing, giving] = [new SignalHub(), new SignalHub(), new SignalHub()]
  refusing.relays = { refuses: new Error('enough') }
  giving.relays = {}
  const { room, events } = joined('a', none, refusing, giving)
  joined('b', none, refusing, giving)
  joined('c', none, refusing)
  await told()
  events.length = 0
  room.relay?.('b')
  room.relay?.('c')
  await told()
  expect(events).toContainEqual(['relay', 'b', true])
  expect(events).toContainEqual(['norelay', 'c', 'enough'])
  expect(events).toHaveLength(2)
})

test('there is no relay where no signal has one', () => {
  expect(joined('a', new SignalHub()).room.relay).toBeUndefined()
})

test('what troubles a signal is told', () => {
  const hub = new SignalHub()
  const { events } = joined('a', hub, new SignalHub())
  const trouble = new Replic8Error('ERR_OVER_QUOTA')
  hub.members.get('a')?.problem?.(trouble)
  expect(events).toEqual([['problem', trouble]])
})

test('a signal that cannot be joined leaves none of them joined', () => {
  const hub = new SignalHub()
  const failing = new SignalHub()
  failing.signal.join = () => {
    throw new Error('not here')
  }
  expect(() => joined('a', hub, failing)).toThrow('not here')
  expect(hub.ids).toEqual([])
})
