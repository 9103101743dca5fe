import type { Connection, Transport } from '../../src/connection.ts'
import { broadcastSignal } from '../../src/transports/broadcast-signal.ts'
import { type WebRtcImplementation, webrtc } from '../../src/transports/webrtc.ts'
import type { ConnectedPair, ConnectionFactory } from '../compliance/transport.ts'

type PeerConnection = { close(): void }
type PeerConnectionClass = new (config: unknown) => PeerConnection

/** A WebRTC that notes the peer connections made of it, so that a test can take one away from beneath its owner. */
export function noted(wrtc: WebRtcImplementation): { wrtc: WebRtcImplementation; made: PeerConnection[] } {
  const made: PeerConnection[] = []
  class NotedPeerConnection extends (wrtc.RTCPeerConnection as PeerConnectionClass) {
    constructor(config: unknown) {
      super(config)
      made.push(this)
    }
  }
  const { RTCSessionDescription, RTCIceCandidate } = wrtc
  return { wrtc: { RTCPeerConnection: NotedPeerConnection, RTCSessionDescription, RTCIceCandidate }, made }
}

/** Pairs of connections over `wrtc`, of which the first end is the one that called, or the one that answered. */
export function webrtcPairs(wrtc: WebRtcImplementation, firstEnd: 'caller' | 'answerer'): ConnectionFactory {
  return {
    name: `webrtc (first end: ${firstEnd})`,
    async connect(): Promise<ConnectedPair> {
      const topic = crypto.getRandomValues(new Uint8Array(32))
      const ends = await Promise.all([connectOne(wrtc, topic), connectOne(wrtc, topic)])
      const first = ends.findIndex(({ connection }) => connection.initiator === (firstEnd === 'caller'))
      const [a, b] = first === 0 ? ends : [ends[1], ends[0]]
      return {
        a: a.connection,
        b: b.connection,
        vanish() {
          for (const pc of a.made) pc.close()
        },
        async teardown() {
          await Promise.all(ends.map(({ transport }) => transport.stop()))
        },
      }
    },
  }
}

interface End {
  transport: Transport
  connection: Connection
  made: PeerConnection[]
}

function connectOne(real: WebRtcImplementation, topic: Uint8Array): Promise<End> {
  const { wrtc, made } = noted(real)
  const transport = webrtc({ signal: broadcastSignal({ name: 'test' }), wrtc })
  return new Promise((resolve, reject) => {
    transport.start({
      topic,
      publicKey: topic,
      onconnection: (connection) => resolve({ transport, connection, made }),
      onproblem: reject,
    })
  })
}
