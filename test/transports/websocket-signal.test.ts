import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { SignalEvents } from '../../src/connection.ts'
import { type WebSocketSignalOptions, websocketSignal } from '../../src/transports/websocket-signal.ts'
import {
  type SignallingBridge,
  type SignallingOptions,
  serveSignalling,
} from '../bridge/signalling-bridge.ts'
import { halfDeadProxy } from './half-dead-proxy.ts'
import { serveWebSockets, type TestServer } from './websocket-server.ts'
import { SignalMember } from './websocket-signal-member.ts'

const servers: { close(): Promise<void> }[] = []
const members: SignalMember[] = []
afterEach(async () => {
  for (const { room } of members.splice(0)) room.leave()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function serve(options: SignallingOptions = {}): Promise<SignallingBridge> {
  const bridge = await serveSignalling(options)
  servers.push(bridge)
  return bridge
}

async function closedPort(): Promise<TestServer> {
  const server = await serveWebSockets(() => {})
  await server.close()
  return server
}

const topic = crypto.getRandomValues(new Uint8Array(32))
const signalTo = (url: string | string[], options: WebSocketSignalOptions = {}) =>
  websocketSignal(url, { WebSocket, minDelay: 1, maxDelay: 20, ...options })

function member(
  url: string | string[],
  id: string,
  on: Partial<SignalEvents> = {},
  options: WebSocketSignalOptions = {},
): SignalMember {
  const joined = new SignalMember(signalTo(url, options), topic, id, on)
  members.push(joined)
  return joined
}

/** Two that see each other. */
async function pair(url: string | string[]): Promise<[SignalMember, SignalMember]> {
  const [a, b] = [member(url, 'a'), member(url, 'b')]
  expect(await Promise.all([a.peers.next(), b.peers.next()])).toEqual(['b', 'a'])
  return [a, b]
}

test('two ends of a topic see each other, and their messages arrive in order', async () => {
  const [a, b] = await pair((await serve()).url)
  const candidates = Array.from({ length: 30 }, (_, n) => ({
    type: 'candidate',
    n,
    parts: [null, 'ü', n / 3],
  }))
  for (const candidate of candidates) a.room.send('b', candidate)
  for (const data of candidates) expect(await b.messages.next()).toEqual({ from: 'a', data })
  b.room.send('a', 'thanks')
  expect(await a.messages.next()).toEqual({ from: 'b', data: 'thanks' })
})

test('a newcomer hears of all who are there, and they of it; who leaves is gone', async () => {
  const { url } = await serve()
  const [a, b] = await pair(url)
  const c = member(url, 'c')
  expect([await c.peers.next(), await c.peers.next()].sort()).toEqual(['a', 'b'])
  expect([await a.peers.next(), await b.peers.next()]).toEqual(['c', 'c'])
  b.room.leave()
  expect([await a.gone.next(), await c.gone.next()]).toEqual(['b', 'b'])
  expect(b.gone.count).toBe(0)
})

test('ends of different topics never hear of each other', async () => {
  const { url } = await serve()
  const stranger = new SignalMember(signalTo(url), new Uint8Array(32), 'stranger')
  members.push(stranger)
  const [a, b] = await pair(url)
  stranger.room.send('a', 'psst')
  b.room.send('a', 'hello')
  expect(await a.messages.next()).toEqual({ from: 'b', data: 'hello' })
  expect([a.peers.count, stranger.peers.count]).toEqual([1, 0])
})

test('all topics of a signal share one socket, which is closed after the last leave', async () => {
  const bridge = await serve()
  const signal = signalTo(bridge.url)
  const other = new Uint8Array(32)
  const joined = [new SignalMember(signal, topic, 'one'), new SignalMember(signal, other, 'two')]
  const same = new SignalMember(signal, topic, 'three')
  expect(await Promise.all([joined[0]?.peers.next(), same.peers.next()])).toEqual(['three', 'one'])
  await expect.poll(() => bridge.signals.topics).toBe(2)
  expect(bridge.sockets.length).toBe(1)
  const closed = new Promise<number>((resolve) => bridge.sockets[0]?.on('close', resolve))
  for (const { room } of [...joined, same]) room.leave()
  expect(await closed).toBe(1000)
  expect([bridge.signals.members, bridge.signals.topics]).toEqual([0, 0])
})

test('a signal that was left can be joined again', async () => {
  const { url } = await serve()
  const other = member(url, 'other')
  const signal = signalTo(url)
  new SignalMember(signal, topic, 'same').room.leave()
  members.push(new SignalMember(signal, topic, 'same'))
  expect(await members[1]?.peers.next()).toBe('other')
  expect(await other.peers.next()).toBe('same')
})

test('when the server restarts, all peers are gone, and they are seen again when it is back', async () => {
  const bridge = await serve()
  const [a, b] = await pair(bridge.url)
  await bridge.close()
  expect([await a.gone.next(), await b.gone.next()]).toEqual(['b', 'a'])
  expect(await a.problems.next()).toMatchObject({ code: 'ERR_SIGNAL', cause: { code: 'ERR_CONNECTION' } })
  await serve({ port: bridge.port })
  expect(await Promise.all([a.peers.next(), b.peers.next()])).toEqual(['b', 'a'])
  a.room.send('b', 'again')
  expect(await b.messages.next()).toEqual({ from: 'a', data: 'again' })
})

test('takes the next server when one is not there, and when one dies', async () => {
  const dead = await closedPort()
  const [first, second] = [await serve(), await serve()]
  const urls = [dead.url, first.url, second.url]
  const [a, b] = await pair(urls)
  expect([a.problems.count, first.signals.members]).toEqual([0, 2])
  await first.close()
  expect(await Promise.all([a.peers.next(), b.peers.next()])).toEqual(['b', 'a'])
  expect(second.signals.members).toBe(2)
})

test('takes its id over from a socket of its own that is half dead', async () => {
  const bridge = await serve()
  const proxy = await halfDeadProxy(bridge.port)
  servers.push(proxy)
  const [a, b] = [member(proxy.url, 'a'), member(bridge.url, 'b')]
  expect(await Promise.all([a.peers.next(), b.peers.next()])).toEqual(['b', 'a'])
  const half = bridge.sockets[0] as WebSocket
  proxy.lose()
  expect(await Promise.all([a.gone.next(), b.gone.next()])).toEqual(['b', 'a'])
  expect(await Promise.all([a.peers.next(), b.peers.next()])).toEqual(['b', 'a'])
  expect([half.readyState, bridge.sockets.length]).toEqual([WebSocket.OPEN, 3])
  b.room.send('a', 'still you?')
  expect(await a.messages.next()).toEqual({ from: 'b', data: 'still you?' })
  expect([bridge.signals.members, bridge.refused]).toEqual([2, []])
})

test('a join that is refused is reported, and tried again until there is a place', async () => {
  const bridge = await serve({ limits: { membersPerTopic: 1 } })
  const a = member(bridge.url, 'a')
  await expect.poll(() => bridge.signals.members).toBe(1)
  const b = member(bridge.url, 'b')
  for (let round = 0; round < 2; round++)
    expect(await b.problems.next()).toMatchObject({ code: 'ERR_OVER_QUOTA' })
  a.room.leave()
  await expect.poll(() => bridge.sockets[0]?.readyState).toBe(WebSocket.CLOSED)
  // It can only be b.
  await expect.poll(() => bridge.signals.members).toBe(1)
})

test('an end that leaves while a relay is made gets none, and leaves none behind', async () => {
  const bridge = await serve({ ticketTimeout: 50 })
  const [a, b] = await pair(bridge.url)
  a.room.relay?.('b')
  a.room.leave()
  expect(await b.gone.next()).toBe('a')
  // The two of signalling, and that of the end which was told to come.
  await expect.poll(() => bridge.sockets.length).toBe(3)
  await expect.poll(() => bridge.relays.open).toBe(0)
  expect([a, b].map(({ relays, norelays }) => relays.count + norelays.count)).toEqual([0, 0])
})

describe('a server that is none', () => {
  test('is reported when it refuses, and tried again', async () => {
    let dials = 0
    const server = await serveWebSockets((socket) => {
      dials++
      socket.close(4429, 'ERR_OVER_QUOTA')
    })
    servers.push(server)
    const { problems } = member(server.url, 'a')
    for (let round = 1; round <= 3; round++) {
      expect(await problems.next()).toMatchObject({
        code: 'ERR_OVER_QUOTA',
        reason: { code: '4429', message: 'ERR_OVER_QUOTA' },
      })
      expect(dials).toBeGreaterThanOrEqual(round)
    }
  })

  test.each([
    ['garbage', '{'],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['a message of a client', '{"type":"ping"}'],
    ['a huge message', `"${'x'.repeat(1_100_000)}"`],
    [
      'an endless nesting',
      `{"type":"message","room":0,"from":"b","data":${'['.repeat(90_000)}${']'.repeat(90_000)}}`,
    ],
  ])('is left when it sends %s', async (_, message) => {
    const server = await serveWebSockets((socket) => socket.send(message))
    servers.push(server)
    const good = await serve()
    const a = member([server.url, good.url], 'a')
    expect(await a.problems.next()).toMatchObject({ code: 'ERR_SIGNAL' })
    await expect.poll(() => good.signals.members).toBe(1)
  })

  test('is left when it does not answer any more', async () => {
    const silent = await serveWebSockets(() => {})
    servers.push(silent)
    const good = await serve()
    const a = member([silent.url, good.url], 'a', {}, { keepAlive: 20 })
    expect(await a.problems.next()).toMatchObject({ code: 'ERR_SIGNAL' })
    await expect.poll(() => good.signals.members).toBe(1)
  })

  test('can not pass on messages of those it did not show, nor make a peer of the own id', async () => {
    const server = await serveWebSockets((socket) => {
      const say = (message: object) => socket.send(JSON.stringify({ room: 0, ...message }))
      say({ type: 'peer', id: 'a' })
      say({ type: 'message', from: 'x', data: 1 })
      say({ type: 'relay', id: 'x', ticket: '0'.repeat(64), initiator: false })
      say({ type: 'relay', id: 'x', ticket: '0'.repeat(64), initiator: true })
      say({ type: 'peer', id: 'b' })
      say({ type: 'message', from: 'b', data: 2 })
    })
    servers.push(server)
    const a = member(server.url, 'a')
    expect(await a.messages.next()).toEqual({ from: 'b', data: 2 })
    expect(await a.peers.next()).toBe('b')
    expect([a.messages.count, a.peers.count]).toEqual([1, 1])
  })
})

test('a handler that throws is reported, and the signal goes on', async () => {
  const { url } = await serve()
  const a = member(url, 'a', {
    peer() {
      throw new Error('not today')
    },
  })
  const b = member(url, 'b')
  expect(await a.problems.next()).toMatchObject({ code: 'ERR_HANDLER_FAILED' })
  await b.peers.next()
  b.room.send('a', 'hello')
  expect(await a.messages.next()).toEqual({ from: 'b', data: 'hello' })
})

test('bad arguments are refused at once', () => {
  const codeOf = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return (error as { code: string }).code
    }
    return undefined
  }
  const on = { peer() {}, gone() {}, message() {} }
  expect(codeOf(() => websocketSignal('http://example.org'))).toBe('ERR_BAD_OPTION')
  expect(codeOf(() => websocketSignal([]))).toBe('ERR_BAD_OPTION')
  expect(codeOf(() => signalTo('ws://localhost', { keepAlive: -1 }))).toBe('ERR_BAD_OPTION')
  expect(codeOf(() => signalTo('ws://localhost').join(new Uint8Array(31), 'a', on))).toBe('ERR_BAD_ARGUMENT')
  expect(codeOf(() => signalTo('ws://localhost').join(topic, '', on))).toBe('ERR_BAD_ARGUMENT')
})
