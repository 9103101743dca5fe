import type { Replic8Error, Transport } from '../src/entry/index.ts'
import { tabs } from '../src/entry/tabs.ts'
import { broadcastSignal, webrtc, websocketSignal } from '../src/entry/webrtc.ts'
import { websocket } from '../src/entry/websocket.ts'

interface TransportHooks {
  /** The bridge gives no answer. */
  unreachable(): void
  problem(what: string, error: unknown): void
}

/** Other demos of this origin are none of ours. */
const name = 'replic8-demo'

/** How others are met: tabs of this browser by themselves; with a bridge, other browsers, and the bridge as a peer. */
export function transportsOf(bridges: string[], hooks: TransportHooks): Transport[] {
  const unreached = (error: Error) => hooks.problem('Another tab could not be reached.', error)
  if (bridges.length === 0) return [watched(tabs({ name }), unreached)]
  return [
    watched(webrtc({ signal: [broadcastSignal({ name }), websocketSignal(bridges)] }), (error) => {
      if (!expected.has((error as Replic8Error).code)) unreached(error)
    }),
    watched(websocket(bridges), hooks.unreachable),
  ]
}

/**
 * Peers that cannot be reached directly are no news where others pass everything on; nor is a silent bridge, of which
 * the connection with it tells.
 */
const expected = new Set<string>(['ERR_CONNECTION', 'ERR_RELAY', 'ERR_SIGNAL'])

/** A transport whose troubles come here, in place of the replicator's `problem`, which does not say whose they are. */
function watched(transport: Transport, onproblem: (error: Error) => void): Transport {
  return {
    start: (to) => transport.start({ ...to, onproblem }),
    stop: () => transport.stop(),
  }
}
