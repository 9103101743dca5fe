import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RawData, WebSocket } from 'ws'
import { Replic8Error } from '../../src/errors.ts'
import {
  acceptWebsocket,
  type WebSocketConnectionOptions,
  websocketConnection,
} from '../../src/transports/websocket.ts'
import { ConnectedEnd } from './connected-end.ts'
import type { MeetingPlace } from './websocket-meeting.ts'
import { serveMeetings, type TestServer } from './websocket-server.ts'

let server: MeetingPlace & TestServer
const sockets: WebSocket[] = []
beforeAll(async () => {
  server = await serveMeetings()
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate()
})
afterAll(() => server.close())

/** Two open sockets: of the first the test sees every message, the second is to be wrapped. */
async function sockets2(): Promise<[WebSocket, WebSocket]> {
  const { url, socket } = server.meet()
  const raw = new WebSocket(url)
  const opened = new Promise((resolve) => raw.once('open', resolve))
  const other = (await socket) as WebSocket
  await opened
  sockets.push(raw, other)
  return [raw, other]
}

async function wrapped(options: WebSocketConnectionOptions = {}) {
  const [raw, socket] = await sockets2()
  const messages: (string | number)[] = []
  let wake = () => {}
  raw.on('message', (data: RawData, isBinary) => {
    messages.push(isBinary ? (data as Buffer).length : data.toString())
    wake()
  })
  const until = async (count: number) => {
    while (messages.length < count) await new Promise<void>((resolve) => (wake = resolve))
    return messages
  }
  const closed = new Promise<number>((resolve) => raw.once('close', resolve))
  return { raw, closed, messages, until, end: new ConnectedEnd(websocketConnection(socket, options)) }
}

const hello = (topic: Uint8Array, version = 1) => Buffer.concat([Buffer.from(`replic8/${version} `), topic])
const topic = new Uint8Array(32).fill(7)

test('sends what was written in one task as one message, and no message over 128 KB', async () => {
  const { until, end } = await wrapped()
  for (let i = 0; i < 1_000; i++) end.send(10)
  expect(await until(1)).toEqual([10_000])
  end.send(150_000)
  expect(await until(3)).toEqual([10_000, 131_072, 18_928])
  // What is large is not copied to travel with others.
  for (const bytes of [60_000, 10_000, 66_000, 10]) end.send(bytes)
  expect((await until(7)).slice(3)).toEqual([60_000, 10_000, 66_000, 10])
})

test('wraps a socket that is still opening', async () => {
  const { url, socket } = server.meet()
  const near = new ConnectedEnd(websocketConnection(new WebSocket(url)))
  near.send(300_000)
  const far = new ConnectedEnd(websocketConnection(await socket))
  await far.arrived(300_000)
  near.connection.close()
  expect(await Promise.all([near.closed, far.closed])).toEqual([undefined, undefined])
  far.expectBytes(300_000)
})

test('ends with an error on a socket that is closed already, and on one that is not taken', async () => {
  const [raw, other] = await sockets2()
  raw.terminate()
  await new Promise((resolve) => other.once('close', resolve))
  const late = new ConnectedEnd(websocketConnection(other))
  expect(await late.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  const refused = new ConnectedEnd(websocketConnection(new WebSocket(`${server.url}/nobody`)))
  expect(await refused.closed).toMatchObject({ reason: { code: '4404', message: 'Nobody is here.' } })
})

test('says end behind its bytes, and closes with 1000 when it has heard the same', async () => {
  const { raw, closed, until, end } = await wrapped()
  end.send(5)
  end.connection.close()
  expect(await until(2)).toEqual([5, 'end'])
  expect(raw.readyState).toBe(WebSocket.OPEN)
  raw.send('end')
  expect(await closed).toBe(1000)
  expect(await end.closed).toBeUndefined()
})

test('takes a close without an end for a cut, whatever its code', async () => {
  for (const code of [1000, 1001, 4000]) {
    const { raw, end } = await wrapped()
    raw.close(code, 'so long')
    expect(await end.closed).toMatchObject({
      code: 'ERR_CONNECTION',
      reason: { code: String(code), message: 'so long' },
    })
  }
})

test('takes an unknown text, and a second end, for a broken rule', async () => {
  for (const texts of [['hello'], ['end', 'end']]) {
    const { raw, end } = await wrapped()
    for (const text of texts) raw.send(text)
    expect(await end.closed).toBeInstanceOf(Replic8Error)
  }
})

test('cuts a closing connection whose other end does not answer', async () => {
  const { end, closed } = await wrapped({ closeTimeout: 20 })
  end.connection.close()
  expect(await end.closed).toMatchObject({
    code: 'ERR_CONNECTION',
    message: expect.stringContaining('closing'),
  })
  expect(await closed).toBe(1006)
})

test('sends nothing by a timer unless it is asked to, and takes an empty message for nothing', async () => {
  const { until, raw, end } = await wrapped({ keepAlive: 5 })
  expect(await until(3)).toEqual([0, 0, 0])
  raw.send(new Uint8Array(0))
  raw.send(new Uint8Array(1))
  end.connection.ondata = (chunk) => end.connection.abort(new Error(`${chunk.length} bytes`))
  expect(await end.closed).toMatchObject({ message: '1 bytes' })
})

test('an accepted socket loses nothing that came before its owner was ready, its end included', async () => {
  const [raw, socket] = await sockets2()
  const accepting = acceptWebsocket(socket)
  raw.send(hello(topic))
  const near = new ConnectedEnd(websocketConnection(raw))
  near.send(100_000)
  near.connection.close()
  const accepted = await accepting
  expect(accepted.topic).toEqual(topic)
  // Something takes its time, such as looking the topic up.
  const { url } = server.meet()
  await new Promise((resolve) => new WebSocket(url).once('open', resolve))
  const far = new ConnectedEnd(accepted.connection)
  await far.arrived(100_000)
  expect(await Promise.all([near.closed, far.closed])).toEqual([undefined, undefined])
  far.expectBytes(100_000)
})

test('an accepted socket that is not wanted can be closed at once', async () => {
  const [raw, socket] = await sockets2()
  const accepting = acceptWebsocket(socket)
  raw.send(hello(topic))
  const near = new ConnectedEnd(websocketConnection(raw))
  near.send(10)
  ;(await accepting).connection.close()
  expect(await near.closed).toBeUndefined()
})

test('refuses what is no hello, with a close code that says so', async () => {
  const long = Buffer.concat([hello(topic), Buffer.alloc(1)])
  const bad: [first: string | Uint8Array, code: string, closeCode: number][] = [
    ['end', 'ERR_HANDSHAKE', 4001],
    [new Uint8Array(0), 'ERR_HANDSHAKE', 4001],
    [new Uint8Array(42), 'ERR_HANDSHAKE', 4001],
    [hello(topic.subarray(1)), 'ERR_HANDSHAKE', 4001],
    [long, 'ERR_HANDSHAKE', 4001],
    [hello(topic, 2), 'ERR_UNSUPPORTED_VERSION', 4002],
  ]
  for (const [first, code, closeCode] of bad) {
    const [raw, socket] = await sockets2()
    const closed = new Promise((resolve) => raw.once('close', resolve))
    const accepting = acceptWebsocket(socket)
    raw.send(first)
    await expect(accepting).rejects.toMatchObject({ code })
    expect(await closed).toBe(closeCode)
  }
})

test('refuses a socket that says nothing, or goes before it did', async () => {
  const [silent, one] = await sockets2()
  const cut = new Promise((resolve) => silent.once('close', resolve))
  await expect(acceptWebsocket(one, { helloTimeout: 20 })).rejects.toMatchObject({
    code: 'ERR_HANDSHAKE_TIMEOUT',
  })
  await cut
  const [raw, other] = await sockets2()
  const accepting = acceptWebsocket(other)
  raw.terminate()
  await expect(accepting).rejects.toMatchObject({ code: 'ERR_CONNECTION' })
  await expect(acceptWebsocket(other, { helloTimeout: 0 })).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' })
})
