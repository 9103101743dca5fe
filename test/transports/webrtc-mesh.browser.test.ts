import { afterEach, expect, test, vi } from 'vitest'
import type { Connection, Transport } from '../../src/connection.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { SignalHub } from './signal-hub.ts'

const topic = new Uint8Array(32)
const rooms: Room[] = []

afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.transport.stop()))
})

/** One end, which passes on every byte that it has not seen to all that it is connected with. */
class Room {
  readonly transport: Transport
  readonly open = new Set<Connection>()
  readonly seen = new Set<number>()
  readonly problems: Error[] = []
  mostOpen = 0
  retired = 0

  constructor(hub: SignalHub, maxPeers: number) {
    this.transport = webrtc({ signal: hub.signal, maxPeers })
    rooms.push(this)
    this.transport.start({
      topic,
      publicKey: topic,
      onconnection: (connection) => this.#take(connection),
      onproblem: (err) => this.problems.push(err),
    })
  }

  say(byte: number): void {
    this.seen.add(byte)
    for (const connection of this.open) connection.send(Uint8Array.of(byte))
  }

  async stop(): Promise<void> {
    rooms.splice(rooms.indexOf(this), 1)
    await this.transport.stop()
  }

  #take(connection: Connection): void {
    this.open.add(connection)
    this.mostOpen = Math.max(this.mostOpen, this.open.size)
    connection.send(Uint8Array.from(this.seen))
    connection.ondata = (bytes) => {
      for (const byte of bytes) if (!this.seen.has(byte)) this.say(byte)
    }
    connection.onclose = () => this.open.delete(connection)
    connection.onretire = () => {
      this.retired++
      connection.close()
    }
  }
}

const patiently = { timeout: 30_000 }

/** Each says something new, and all of them hear all of it. */
async function allReachAll(round: number): Promise<void> {
  const bytes = rooms.map((_, at) => round * 16 + at)
  for (const [at, room] of rooms.entries()) room.say(bytes[at] as number)
  await vi.waitFor(() => {
    for (const room of rooms) expect([...room.seen]).toEqual(expect.arrayContaining(bytes))
  }, patiently)
}

async function noneHasTooMany(maxPeers: number): Promise<void> {
  await vi.waitFor(() => {
    for (const room of rooms) expect(room.open.size).toBeLessThanOrEqual(maxPeers)
  }, patiently)
  // One more for the moment in which one takes the place of another.
  for (const room of rooms) expect(room.mostOpen).toBeLessThanOrEqual(maxPeers + 1)
}

test.each([2, 4, 8])(
  'twelve ends with %i places reach each other while they come and go',
  async (maxPeers) => {
    const hub = new SignalHub()
    for (let i = 0; i < 12; i++) new Room(hub, maxPeers)
    await allReachAll(0)
    // Four go at once and four others come before anybody has got over that.
    const going = rooms.slice(2, 6).map((room) => room.stop())
    for (let i = 0; i < 4; i++) new Room(hub, maxPeers)
    await Promise.all(going)
    await allReachAll(1)
    for (const room of rooms.slice(0, 4)) await room.stop()
    await allReachAll(2)
    await noneHasTooMany(maxPeers)
    expect(rooms.flatMap(({ problems }) => problems)).toEqual([])
  },
)

test('one that comes between two takes the place of the connection that they had', async () => {
  const hub = new SignalHub()
  for (let i = 0; i < 3; i++) new Room(hub, 2)
  await vi.waitFor(() => expect(rooms.map(({ open }) => open.size)).toEqual([2, 2, 2]), patiently)
  new Room(hub, 2)
  await vi.waitFor(() => {
    expect(rooms.map(({ open }) => open.size)).toEqual([2, 2, 2, 2])
    // The ends of one connection, one or both of which let go of it.
    const retired = rooms.reduce((sum, room) => sum + room.retired, 0)
    expect(retired === 1 || retired === 2).toBe(true)
  }, patiently)
  await allReachAll(0)
})

test('ends that see each other by different signals are connected once', async () => {
  const [one, other] = [new SignalHub(), new SignalHub()]
  const both = webrtc({ signal: [one.signal, other.signal] })
  const kinds: string[] = []
  const start = (transport: Transport) =>
    transport.start({
      topic,
      publicKey: topic,
      onconnection: ({ kind }) => kinds.push(kind),
      onproblem: (err) => {
        throw err
      },
    })
  start(both)
  const twice = webrtc({ signal: [other.signal, one.signal] })
  start(twice)
  const [first, second] = [new Room(one, 8), new Room(other, 8)]
  await vi.waitFor(() => {
    expect([first, second].map(({ open }) => open.size)).toEqual([2, 2])
    expect(kinds).toHaveLength(6)
  }, patiently)
  await Promise.all([both.stop(), twice.stop()])
  expect(kinds).toHaveLength(6)
})
