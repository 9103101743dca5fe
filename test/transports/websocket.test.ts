import { afterAll, beforeAll } from 'vitest'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { type MeetingPlace, meshTransport, websocketPairs } from './websocket-meeting.ts'
import { serveMeetings, type TestServer } from './websocket-server.ts'

let server: MeetingPlace & TestServer
beforeAll(async () => {
  server = await serveMeetings()
})
afterAll(() => server.close())

/** The server of the tests, which is there when they run. */
const place: MeetingPlace = {
  get WebSocket() {
    return server.WebSocket
  },
  meet: () => server.meet(),
  vanish: (socket) => server.vanish?.(socket),
}

testConnections(websocketPairs(place, 'caller'))
testConnections(websocketPairs(place, 'answerer'))
const hub = new Map()
testTransports({ name: 'websocket', create: () => meshTransport(place, hub) })
