import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { verifyLimits } from '../../src/bridge/limits.ts'
import { Quotas } from '../../src/bridge/quotas.ts'
import { Sockets } from '../../src/bridge/sockets.ts'
import type { Connection } from '../../src/connection.ts'
import { nextTask } from '../../src/next-task.ts'
import { encodeHello } from '../../src/transports/websocket-hello.ts'
import { type WebSocketLike, WebSocketLink } from '../../src/transports/websocket-link.ts'
import { bridge } from './bridges.ts'
import { type SignallingOptions, serveSignalling } from './signalling-bridge.ts'
import { RawClient } from './signalling-raw.ts'

/** A machine with much to do takes its time. */
const soon = { timeout: 20_000 }

const topic = '1'.repeat(64)
const secret = 'b'.repeat(32)

async function signalling(options: SignallingOptions = {}) {
  const server = await serveSignalling(options)
  onTestFinished(() => server.close())
  return server
}

/** A TCP connection of which nothing is done by itself. */
async function wireTo(port: number): Promise<Socket> {
  const wire = connect(port, '127.0.0.1')
  wire.on('error', () => {})
  onTestFinished(() => void wire.destroy())
  await once(wire, 'connect')
  return wire
}

/** A binary message of a client, below 126 bytes, with a mask of zeros. */
const frame = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from([0x82, 0x80 | bytes.length, 0, 0, 0, 0]), bytes])

test('what a socket says when it was turned away is kept nowhere', async () => {
  const limits = verifyLimits()
  const server = createServer()
  let turnedAway: Connection | undefined
  const sockets = new Sockets({
    ...{ server, limits, heartbeat: 30_000, trustProxy: false, quotas: new Quotas(limits) },
    rules: { bound: '127.0.0.1', hosts: [], origins: [] },
    observer: { refused() {}, relayed() {} },
    owners: {
      peer(_, connection) {
        turnedAway = connection
        return false
      },
      signal() {},
      relay() {},
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await sockets.close()
    server.close()
  })
  const wire = await wireTo((server.address() as AddressInfo).port)
  wire.write(
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(wire, 'data')
  wire.write(frame(encodeHello(new Uint8Array(32))))
  // The frame with which the server closes.
  const [close] = await once(wire, 'data')
  expect(close[0]).toBe(0x88)
  wire.end(Buffer.concat([frame(Buffer.from('more')), Buffer.from([0x88, 0x80, 0, 0, 0, 0])]))
  await once(wire, 'close')
  await expect.poll(() => sockets.size).toBe(0)

  const came: Uint8Array[] = []
  const connection = turnedAway as Connection
  connection.ondata = (bytes) => came.push(bytes)
  await new Promise<void>((resolve) => nextTask(resolve))
  expect(came).toEqual([])
})

test('a client that said more than it may, and is gone, is no member while that is worked off', async () => {
  const server = await signalling({ limits: { messagesPerSecond: 20 } })
  const client = await RawClient.dial(server.url)
  client.join(0, topic, 'a')
  await client.settled()
  // All in one go, for a minute and a half.
  for (let n = 0; n < 2_000; n++) client.say({ type: 'ping' })
  await expect.poll(() => server.refused, soon).toContain('messages')
  client.socket.terminate()
  await expect.poll(() => [server.signals.members, server.sockets[0]?.readyState], soon).toEqual([0, 3])
})

test('a client that is given up while it hears who is there is no member', async () => {
  const server = await signalling()
  const member = await RawClient.dial(server.url)
  member.join(0, topic, 'a')
  await member.settled()

  // One that reads nothing: as of a page, its socket tells how much is on its way.
  const socket = Object.assign(new EventTarget(), {
    ...{ readyState: 1, bufferedAmount: 0, binaryType: '' },
    send() {
      socket.bufferedAmount = 5 * 1_048_576
    },
    close() {},
  })
  server.signals.take(new WebSocketLink(socket as unknown as WebSocketLike), '192.0.2.1')
  const data = JSON.stringify({ type: 'join', room: 0, topic, id: 'b', secret })
  socket.dispatchEvent(new MessageEvent('message', { data }))
  expect([server.refused, server.signals.members]).toEqual([['messages'], 1])
  await member.settled()
  expect(member.texts).toContain('{"type":"gone","room":0,"id":"b"}')
})

test('an address has so many connections that are no WebSocket', async () => {
  const running = await bridge({ limits: { connectionsPerAddress: 1 } })
  const wires = await Promise.all(Array.from({ length: 257 }, () => wireTo(running.port)))
  const surplus = await wireTo(running.port)
  await once(surplus.resume(), 'close')
  expect(running.stats.refused.connections).toBe(1)

  for (const wire of wires) wire.destroy()
  const dial = () =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(running.url)
      socket.once('error', () => resolve(false))
      socket.once('open', () => resolve(true))
    })
  await expect.poll(dial, soon).toBe(true)
})
