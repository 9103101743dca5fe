import hypercore from 'hypercore'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { fromHex } from '../../src/bytes.ts'
import type { Connection } from '../../src/connection.ts'
import { Replicator } from '../../src/replicator/replicator.ts'
import { memory } from '../../src/storage/memory.ts'
import { encodeRelayHello } from '../../src/transports/websocket-hello.ts'
import { websocketSignal } from '../../src/transports/websocket-signal.ts'
import { testConnections } from '../compliance/transport.ts'
import { contentOf, feedOf } from '../replicator/feeds.ts'
import { ConnectedEnd } from '../transports/connected-end.ts'
import { SignalMember } from '../transports/websocket-signal-member.ts'
import { relayPair, relayPairs } from './relay-pairs.ts'
import { type SignallingBridge, type SignallingOptions, serveSignalling } from './signalling-bridge.ts'
import { RawClient } from './signalling-raw.ts'

const MB = 1_048_576

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function serve(options: SignallingOptions = {}): Promise<SignallingBridge> {
  const bridge = await serveSignalling(options)
  cleanups.push(() => bridge.close())
  return bridge
}

/** Both ends of a relay. */
async function connect({ url }: SignallingBridge) {
  const { ends, leave } = await relayPair({ url, WebSocket })
  cleanups.push(leave)
  const [asker, other] = ends
  return { asker, other, a: new ConnectedEnd(asker.connection), b: new ConnectedEnd(other.connection) }
}

/** Two that see each other. */
async function meet({ url }: SignallingBridge): Promise<[SignalMember, SignalMember]> {
  const topic = crypto.getRandomValues(new Uint8Array(32))
  const signal = websocketSignal(url, { WebSocket })
  const [a, b] = [new SignalMember(signal, topic, 'a'), new SignalMember(signal, topic, 'b')]
  cleanups.push(() => [a, b].map(({ room }) => room.leave()))
  await Promise.all([a.peers.next(), b.peers.next()])
  return [a, b]
}

/** A socket that comes with a ticket. */
async function come({ url }: SignallingBridge, ticket: string) {
  const socket = new WebSocket(url)
  cleanups.push(() => socket.terminate())
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  const open = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(encodeRelayHello(fromHex(ticket) as Uint8Array))
  // The answer comes when the server has read what came before.
  await new Promise((resolve) => socket.once('pong', resolve).ping())
  return { socket, closed, open }
}

describe('as a connection', () => {
  let bridge: SignallingBridge
  beforeAll(async () => {
    bridge = await serveSignalling()
  })
  afterAll(() => bridge.close())

  const place = () => ({ url: bridge.url, WebSocket, vanish: (socket: WebSocket) => socket.terminate() })
  testConnections(relayPairs(place, 'asker'))
  testConnections(relayPairs(place, 'other'))

  test('leaves nothing behind on the server', async () => {
    await expect.poll(() => bridge.relays.open).toBe(0)
    await expect.poll(() => bridge.signals.members).toBe(0)
  })
})

test('carries 16 MB each way, untouched, and the end that asked is the initiator', async () => {
  const bridge = await serve({ limits: { relayBytesPerSecond: Infinity } })
  const { a, b } = await connect(bridge)
  const kinds = [a, b].map(({ connection }: { connection: Connection }) => [
    connection.kind,
    connection.initiator,
  ])
  expect(kinds).toEqual([
    ['relay', true],
    ['relay', false],
  ])
  await Promise.all([
    a.sendObeying(16 * MB, 100_000),
    b.sendObeying(16 * MB, 7_000),
    a.arrived(16 * MB),
    b.arrived(16 * MB),
  ])
  a.expectBytes(16 * MB)
  b.expectBytes(16 * MB)
  expect(bridge.relayed()).toBe(32 * MB)
  a.connection.close()
  expect([await a.closed, await b.closed]).toEqual([undefined, undefined])
})

test('an end that does not read holds the other back, and costs the server little', async () => {
  const bridge = await serve({ limits: { relayBytesPerSecond: Infinity } })
  const { other, a, b } = await connect(bridge)
  a.send(1)
  await b.arrived(1)
  other.socket.pause()
  let most = 0
  const sending = a.sendObeying(64 * MB, 65_536, () => {
    most = Math.max(most, ...bridge.sockets.map(({ bufferedAmount }) => bufferedAmount))
  })
  await expect.poll(() => bridge.sockets.some((socket) => socket.isPaused), { timeout: 20_000 }).toBe(true)
  expect(a.sent).toBeLessThan(64 * MB)
  other.socket.resume()
  await sending
  await b.arrived(64 * MB + 1)
  b.expectBytes(64 * MB + 1)
  expect(most).toBeLessThan(MB)
})

test('holds an end back above the rate, and loses nothing', async () => {
  const bridge = await serve({ limits: { relayBytesPerSecond: 10_000 } })
  const { a, b } = await connect(bridge)
  const pauses = bridge.sockets.map((socket) => vi.spyOn(socket, 'pause'))
  const paused = () => pauses.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  // So little fills nothing on its way.
  a.send(10_000)
  await b.arrived(10_000)
  expect(paused()).toBe(0)
  a.send(2_000)
  await b.arrived(12_000)
  expect(paused()).toBe(1)
  a.send(100)
  await b.arrived(12_100)
  b.expectBytes(12_100)
})

test("ends with 4429 when the hour's bytes of the address that asked are used up, and there is no other", async () => {
  const bridge = await serve({ limits: { relayBytesPerHour: MB } })
  const { a, b } = await connect(bridge)
  a.send(2 * MB)
  const over = { code: 'ERR_CONNECTION', reason: { code: '4429', message: 'ERR_OVER_QUOTA' } }
  expect([await a.closed, await b.closed]).toMatchObject([over, over])
  expect(b.received).toBeLessThanOrEqual(MB)
  expect(bridge.refused).toEqual(['relay-bytes'])
  await expect.poll(() => bridge.relays.open).toBe(0)
})

test('an address may have so many relays at a time, and all together so many', async () => {
  for (const limits of [{ relaysPerAddress: 1 }, { relays: 1 }]) {
    const bridge = await serve({ limits })
    const [a, b] = await meet(bridge)
    a.room.relay?.('b')
    const [{ end }] = await Promise.all([a.relays.next(), b.relays.next()])
    a.room.relay?.('b')
    expect(await a.norelays.next()).toMatchObject({ id: 'b', error: { code: 'ERR_OVER_QUOTA' } })
    end.connection.close()
    await end.closed
    await expect.poll(() => bridge.relays.open).toBe(0)
    a.room.relay?.('b')
    await Promise.all([a.relays.next(), b.relays.next()])
    expect(bridge.refused).toEqual(['relays'])
  }
})

test('a relay that cannot be is answered, once for each time it was asked for', async () => {
  const bridge = await serve()
  const [a, b] = await meet(bridge)
  a.room.relay?.('nobody')
  a.room.relay?.('nobody')
  expect(await a.norelays.next()).toMatchObject({ id: 'nobody', error: { code: 'ERR_RELAY' } })
  const { port } = bridge
  await bridge.close()
  await a.gone.next()
  a.room.relay?.('b')
  expect(await a.norelays.next()).toMatchObject({ id: 'b', error: { code: 'ERR_RELAY' } })
  expect([a.norelays.count, b.norelays.count, port]).toEqual([2, 0, bridge.port])
})

test('is refused where the other end never comes', async () => {
  const bridge = await serve({ ticketTimeout: 50 })
  const raw = await RawClient.dial(bridge.url)
  cleanups.push(() => raw.socket.terminate())
  const topic = '7'.repeat(64)
  raw.join(0, topic, 'raw')
  await raw.settled()
  const a = new SignalMember(websocketSignal(bridge.url, { WebSocket }), fromHex(topic) as Uint8Array, 'a')
  cleanups.push(() => a.room.leave())
  await a.peers.next()
  a.room.relay?.('raw')
  expect(await a.norelays.next()).toMatchObject({
    error: { code: 'ERR_RELAY', cause: { code: 'ERR_CONNECTION' } },
  })
  await expect.poll(() => bridge.relays.open).toBe(0)
  expect(a.relays.count).toBe(0)
})

test('two peers hold each other’s feeds over a relay that has heard no key, no header and no block', async () => {
  const bridge = await serve()
  const { ends, leave } = await relayPair({ url: bridge.url, WebSocket })
  cleanups.push(leave)
  const heard: Uint8Array[] = []
  for (const socket of bridge.sockets)
    socket.on('message', (data) => heard.push(new Uint8Array(data as ArrayBuffer)))
  const feed = await feedOf('the secret content', 'and more of it')
  const key = crypto.getRandomValues(new Uint8Array(32))
  const [author, reader] = [new Replicator(key), new Replicator(key)]
  cleanups.push(() => Promise.all([author.close(), reader.close()]))
  author.use('the secret place', { share: () => [feed], describe: () => ({ title: 'the secret title' }) })
  let copy: typeof feed
  reader.use('the secret place', {
    store({ key: offered }: { key: Uint8Array }) {
      copy = hypercore(memory, offered)
      return copy
    },
  })
  const sessions = [author.connect(ends[0].connection), reader.connect(ends[1].connection)] as const
  await expect.poll(async () => copy && contentOf(copy).catch(() => [])).toEqual(await contentOf(feed))
  expect(sessions[0].remotePublicKey).toEqual(sessions[1].publicKey)
  const all = Buffer.concat(heard)
  expect(all.length).toBeGreaterThan(1_000)
  const words = ['secret', 'more of it', 'title']
  for (const secret of [key, feed.key, feed.discoveryKey, ...words])
    expect(all.includes(Buffer.from(secret))).toBe(false)
})

describe('a ticket', () => {
  test('lets one socket in, once', async () => {
    const bridge = await serve()
    const [own, theirs] = bridge.relays.reserve('192.0.2.1')
    const first = await come(bridge, own)
    const again = await come(bridge, own)
    expect(await again.closed).toBe(4410)
    const second = await come(bridge, theirs)
    expect(await Promise.all([first.open, second.open])).toEqual(['open', 'open'])
    expect(await (await come(bridge, theirs)).closed).toBe(4410)
    expect(bridge.refused).toEqual(['ticket', 'ticket'])
    first.socket.close(4000, 'bye')
    expect(await second.closed).toBe(4000)
  })

  test('that nobody gave out is refused', async () => {
    const bridge = await serve()
    bridge.relays.reserve('192.0.2.1')
    expect(await (await come(bridge, '0'.repeat(64))).closed).toBe(4410)
    expect(bridge.refused).toEqual(['ticket'])
  })

  test('is good for a while only', async () => {
    const bridge = await serve({ ticketTimeout: 20 })
    const [own] = bridge.relays.reserve('192.0.2.1')
    expect(bridge.relays.open).toBe(1)
    await expect.poll(() => bridge.relays.open).toBe(0)
    expect(await (await come(bridge, own)).closed).toBe(4410)
    expect(bridge.quotas.address('192.0.2.1').startRelay()).toBe(true)
  })

  test('does not let an end speak before the other is there', async () => {
    const bridge = await serve()
    const [own, theirs] = bridge.relays.reserve('192.0.2.1')
    const { socket, closed } = await come(bridge, own)
    socket.send(new Uint8Array(10))
    expect(await closed).toBe(4001)
    expect(await (await come(bridge, theirs)).closed).toBe(4410)
  })
})

test('a server that shuts down ends its relays, used or not', async () => {
  const bridge = await serve()
  const { a, b } = await connect(bridge)
  const waiting = await come(bridge, bridge.relays.reserve('192.0.2.1')[0])
  bridge.relays.close()
  expect(await waiting.closed).toBe(1001)
  expect([await a.closed, await b.closed]).toMatchObject([
    { code: 'ERR_CONNECTION' },
    { code: 'ERR_CONNECTION' },
  ])
  expect(bridge.relays.open).toBe(0)
})
