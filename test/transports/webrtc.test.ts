import wrtc from '@roamhq/wrtc'
import { broadcastSignal } from '../../src/transports/broadcast-signal.ts'
import { webrtc } from '../../src/transports/webrtc.ts'
import { testTransports } from '../compliance/transport.ts'

// The suite of connections runs in the browser: under it the native module has crashed the process.
testTransports({ name: 'webrtc', create: () => webrtc({ signal: broadcastSignal(), wrtc }) })
