import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Transport } from '../../src/connection.ts'
import { acceptWebsocket, type WebSocketOptions, websocket } from '../../src/transports/websocket.ts'
import { ConnectedEnd } from './connected-end.ts'
import { Arrivals, Dialled } from './websocket-dialled.ts'
import { serveWebSockets, type TestServer } from './websocket-server.ts'

const servers: TestServer[] = []
const transports: Transport[] = []
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.stop()))
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server that takes whoever says hello. */
async function serve(port = 0) {
  const accepted = new Arrivals<{ topic: Uint8Array; end: ConnectedEnd }>()
  const server = await serveWebSockets(async (socket) => {
    const taken = await acceptWebsocket(socket).catch(() => undefined)
    if (taken) accepted.add({ topic: taken.topic, end: new ConnectedEnd(taken.connection) })
  }, port)
  servers.push(server)
  return { ...server, accepted }
}

function dial(url: string | string[], options: WebSocketOptions = {}): Dialled {
  const dialled = new Dialled(websocket(url, { WebSocket, minDelay: 1, maxDelay: 20, ...options }))
  transports.push(dialled.transport)
  return dialled
}

/** A port at which nobody listens. */
async function closedPort(): Promise<string> {
  const server = await serveWebSockets(() => {})
  await server.close()
  return server.url
}

test('tells the server its topic, and is the initiator', async () => {
  const server = await serve()
  const { topic, connections } = dial(server.url)
  const [near, far] = await Promise.all([connections.next(), server.accepted.next()])
  expect(far.topic).toEqual(topic)
  expect([near.connection.initiator, far.end.connection.initiator]).toEqual([true, false])
  near.send(100)
  await far.end.arrived(100)
  far.end.expectBytes(100)
})

test('keeps the topic out of the URL', async () => {
  const path = new Promise<string>((resolve) => {
    serveWebSockets((_, asked) => resolve(asked)).then((server) => {
      servers.push(server)
      dial(`${server.url}/bridge?token=1`)
    })
  })
  expect(await path).toBe('/bridge?token=1')
})

test('comes back when the server was stopped and started again on the same port', async () => {
  const server = await serve()
  const { connections, problems } = dial(server.url)
  const lost = await connections.next()
  await server.close()
  expect(await lost.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  const problem = await problems.next()
  expect(problem).toMatchObject({ code: 'ERR_CONNECTION', cause: { code: 'ERR_CONNECTION' } })
  expect(problem.message).toContain(server.url)
  const again = await serve(server.port)
  const [near, far] = await Promise.all([connections.next(), again.accepted.next()])
  near.send(10)
  await far.end.arrived(10)
})

test('comes back after a connection that was closed in order', async () => {
  const server = await serve()
  const { connections, problems } = dial(server.url)
  const first = await connections.next()
  ;(await server.accepted.next()).end.connection.close()
  expect(await first.closed).toBeUndefined()
  await Promise.all([connections.next(), server.accepted.next()])
  expect(problems.count).toBe(0)
})

test('takes the next server when one is not there, without a word', async () => {
  const server = await serve()
  const { connections, problems } = dial([await closedPort(), await closedPort(), server.url])
  await Promise.all([connections.next(), server.accepted.next()])
  expect(problems.count).toBe(0)
})

test('reports a round in which no server answered once, with all their errors', async () => {
  const urls = [await closedPort(), await closedPort()]
  const { problems } = dial(urls)
  for (let round = 0; round < 3; round++) {
    const problem = await problems.next()
    expect(problem).toMatchObject({ code: 'ERR_CONNECTION' })
    const { errors } = problem.cause as AggregateError
    expect(errors.map(({ message }) => urls.findIndex((url) => message.includes(url)))).toEqual([0, 1])
  }
})

test('passes over a server that turns it away, and shows what it said', async () => {
  const refusing = await serveWebSockets((socket) => socket.close(4404, 'Not served here.'))
  servers.push(refusing)
  const server = await serve()
  const { connections } = dial([refusing.url, server.url])
  const refused = await connections.next()
  expect(await refused.closed).toMatchObject({
    code: 'ERR_CONNECTION',
    reason: { code: '4404', message: 'Not served here.' },
  })
  await Promise.all([connections.next(), server.accepted.next()])
})

test('names a server without what may be secret in its URL', async () => {
  const { host } = new URL(await closedPort())
  const { problems } = dial(`ws://user:pass@${host}/path?token=secret`)
  const { message } = await problems.next()
  expect(message).toContain(`ws://${host}/path `)
  expect(message).not.toMatch(/user|pass|secret/)
})

test('gives up a server that takes the call and says nothing', async () => {
  const silent = createServer((socket) => socket.resume())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const { problems, transport } = dial(`ws://127.0.0.1:${port}`, { connectTimeout: 20 })
  expect(await problems.next()).toMatchObject({ cause: { message: expect.stringContaining('within 20 ms') } })
  await transport.stop()
  await new Promise((resolve) => silent.close(resolve))
})

test('dials no more when it is stopped while it waits, or from within onproblem', async () => {
  const url = await closedPort()
  let problems = 0
  const transport = websocket(url, { WebSocket, minDelay: 1, maxDelay: 1 })
  await new Promise<void>((resolve) => {
    const topic = new Uint8Array(32)
    const onproblem = () => {
      problems++
      resolve(transport.stop())
    }
    transport.start({ topic, publicKey: topic, onconnection: () => {}, onproblem })
  })
  const server = await serve(Number(new URL(url).port))
  const other = dial(server.url)
  await Promise.all([other.connections.next(), server.accepted.next()])
  expect([problems, server.accepted.count]).toEqual([1, 1])
})

test('refuses a second start without a stop, and a topic that is not 32 bytes', async () => {
  const server = await serve()
  const { transport, topic } = dial(server.url)
  const target = { topic, publicKey: topic, onconnection: () => {}, onproblem: () => {} }
  expect(() => transport.start(target)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  const fresh = websocket(server.url, { WebSocket })
  const short = { ...target, topic: new Uint8Array(31) }
  expect(() => fresh.start(short)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
})

describe('options', () => {
  const refused = (run: () => unknown) =>
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))

  test('a URL is one of a WebSocket', () => {
    const bad = [
      '',
      'localhost:80',
      'http://localhost',
      'ws://localhost/#topic',
      7,
      undefined,
      [],
      [''],
      Array(65).fill('ws://a'),
    ]
    for (const url of bad) refused(() => websocket(url as string))
    for (const url of ['ws://localhost:80/a?b', 'wss://example.org', ['ws://a', 'ws://b']])
      websocket(url, { WebSocket })
  })

  test('times are whole milliseconds, in order', () => {
    for (const option of ['connectTimeout', 'closeTimeout', 'minDelay', 'maxDelay']) {
      for (const value of [0, -1, 1.5, Infinity, Number.NaN, '1', 2 ** 31]) {
        refused(() => websocket('ws://a', { [option]: value }))
      }
    }
    refused(() => websocket('ws://a', { minDelay: 100, maxDelay: 99 }))
    for (const keepAlive of [-1, 0.5, '1'])
      refused(() => websocket('ws://a', { keepAlive: keepAlive as number }))
  })

  test('WebSocket is a class; where there is none it has to be given', () => {
    refused(() => websocket('ws://a', { WebSocket: 'ws' as never }))
    if ('WebSocket' in globalThis) return
    const transport = websocket('ws://a')
    const topic = new Uint8Array(32)
    const start = () =>
      transport.start({ topic, publicKey: topic, onconnection: () => {}, onproblem: () => {} })
    expect(start).toThrow(/package ws/)
    // It was not started, so this says the same.
    refused(start)
  })
})
