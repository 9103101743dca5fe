import { expect, inject, test } from 'vitest'
import { acceptWebsocket, websocket } from '../../src/transports/websocket.ts'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { Dialled } from './websocket-dialled.ts'
import { type MeetingPlace, meshTransport, websocketPairs } from './websocket-meeting.ts'

let meetings = 0

/** Both ends are in this page; a relay in Node lies between them. */
const place: MeetingPlace = {
  WebSocket,
  meet() {
    const url = `${inject('websocketRelay')}/${meetings++}`
    return { url, socket: Promise.resolve(new WebSocket(url)) }
  },
}

testConnections(websocketPairs(place, 'caller'))
testConnections(websocketPairs(place, 'answerer'))
const hub = new Map()
testTransports({ name: 'websocket', create: () => meshTransport(place, hub) })

test('dials at once when the page is online again, however long the wait was to be', async () => {
  const url = `${inject('websocketRelay')}/${meetings++}`
  const far = new WebSocket(url)
  const { transport, connections } = new Dialled(websocket(url, { minDelay: 2 ** 31 - 1 }))
  const { connection } = await acceptWebsocket(far)
  connection.abort(new Error('The server went away.'))
  expect(await (await connections.next()).closed).toMatchObject({ code: 'ERR_CONNECTION' })
  // What follows the end of a connection is in the next task.
  await new Promise((resolve) => setTimeout(resolve))
  window.dispatchEvent(new Event('online'))
  const again = await acceptWebsocket(new WebSocket(url))
  expect((await connections.next()).connection.kind).toBe('websocket')
  again.connection.close()
  await transport.stop()
})

test('can be imported and used in a worker', async () => {
  const module = new URL('../../src/transports/websocket.ts', import.meta.url).href
  const url = `${inject('websocketRelay')}/${meetings++}`
  const source = `
    import { websocket } from '${module}'
    const topic = new Uint8Array(32)
    websocket('${url}').start({ topic, publicKey: topic, onconnection: (c) => c.send(new Uint8Array([1, 2, 3])), onproblem: console.error })`
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), {
    type: 'module',
  })
  const { connection } = await acceptWebsocket(new WebSocket(url))
  const bytes = await new Promise((resolve) => {
    connection.ondata = resolve
  })
  expect(bytes).toEqual(new Uint8Array([1, 2, 3]))
  worker.terminate()
})
