import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { concatBytes } from '../../src/bytes.ts'
import {
  acceptWebsocket,
  encodeHello,
  encodeRelayHello,
  receive,
} from '../../src/transports/websocket-hello.ts'
import { Arrivals } from './websocket-dialled.ts'
import { serveWebSockets, type TestServer } from './websocket-server.ts'

const servers: TestServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

const ascii = (text: string) => new TextEncoder().encode(text)
const value = crypto.getRandomValues(new Uint8Array(32))

/** What a server makes of a socket on which these come, and how the socket ends. */
async function first(messages: (string | Uint8Array)[], read: typeof receive | typeof acceptWebsocket) {
  const taken = new Arrivals<{ received: ReturnType<typeof read> }>()
  const server = await serveWebSockets((socket) => {
    const received = read(socket, { helloTimeout: 5_000 })
    received.catch(() => {})
    taken.add({ received })
  })
  servers.push(server)
  const socket = new WebSocket(server.url)
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  for (const message of messages) socket.send(message)
  return { ...(await taken.next()), closed }
}

test('a server learns from the first message what a socket is about', async () => {
  const peer = await first([encodeHello(value)], receive)
  expect(await peer.received).toMatchObject({ kind: 'peer', topic: value })
  const relay = await first([encodeRelayHello(value)], receive)
  expect(await relay.received).toMatchObject({ kind: 'relay', ticket: value })
  const signal = await first(['replic8-signal/1'], receive)
  expect(await signal.received).toMatchObject({ kind: 'signal' })
})

test('what comes behind it waits until somebody listens', async () => {
  const { received } = await first(['replic8-signal/1', 'one', 'two'], receive)
  const taken = await received
  if (!('link' in taken)) throw new Error('It is no link.')
  const texts = new Arrivals<unknown>()
  taken.link.events = { onmessage: (message) => texts.add(message), onover() {} }
  taken.link.release()
  expect([await texts.next(), await texts.next()]).toEqual(['one', 'two'])
})

describe.each<[string, string | Uint8Array, number, string]>([
  ['the text of a peer', 'replic8/1 ', 4001, 'ERR_HANDSHAKE'],
  ['another version of signalling', 'replic8-signal/2', 4002, 'ERR_UNSUPPORTED_VERSION'],
  ['something behind the hello of signalling', 'replic8-signal/1 ', 4001, 'ERR_HANDSHAKE'],
  ['another version of a relay', ascii('replic8-relay/27 '), 4002, 'ERR_UNSUPPORTED_VERSION'],
  ['a ticket that is short', encodeRelayHello(value.subarray(1)), 4001, 'ERR_HANDSHAKE'],
  ['a ticket that is long', concatBytes([encodeRelayHello(value), value]), 4001, 'ERR_HANDSHAKE'],
  ['nothing', '', 4001, 'ERR_HANDSHAKE'],
])('%s', (_, message, code, error) => {
  test.each([
    ['a bridge', receive],
    ['acceptWebsocket', acceptWebsocket],
  ] as const)('is refused by %s', async (_, read) => {
    const { received, closed } = await first([message], read)
    await expect(received).rejects.toMatchObject({ code: error })
    expect(await closed).toBe(code)
  })
})

test.each([
  ['signalling', 'replic8-signal/1'],
  ['a relay', encodeRelayHello(value)],
])('acceptWebsocket takes peers only, and refuses %s', async (_, hello) => {
  const { received, closed } = await first([hello], acceptWebsocket)
  await expect(received).rejects.toMatchObject({ code: 'ERR_HANDSHAKE' })
  expect(await closed).toBe(4001)
})
