import { broadcastSignal } from '../../src/transports/broadcast-signal.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { testConnections, testTransports } from '../compliance/transport.ts'
import { webrtcPairs } from './webrtc-pair.ts'

testConnections(webrtcPairs(globalThis, 'caller'))
testConnections(webrtcPairs(globalThis, 'answerer'))
testTransports({ name: 'webrtc', create: () => webrtc({ signal: broadcastSignal() }) })
