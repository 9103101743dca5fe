import type { Transport } from '../connection.ts'
import { broadcastSignal } from './broadcast-signal.ts'
import { type WebRtcOptions, webrtc } from './webrtc.ts'

export interface TabsOptions
  extends Pick<WebRtcOptions, 'maxPeers' | 'connectTimeout' | 'closeTimeout' | 'wrtc'> {
  /** Tabs with different names never meet. Default 'replic8'. */
  name?: string
}

/**
 * Connects the tabs of one origin with each other: they find each other over BroadcastChannel and connect over
 * WebRTC, without any server. The other options are those of `webrtc`, with the same defaults.
 *
 * A tab that is closed says so, and the others see it at once; one that crashed is noticed by WebRTC, which takes
 * up to half a minute. `start` throws ERR_SIGNAL where there is no BroadcastChannel, ERR_BAD_OPTION where there
 * is no WebRTC.
 * @throws ERR_BAD_OPTION
 */
export function tabs(options: TabsOptions = {}): Transport {
  const { name, ...others } = options
  const signal = broadcastSignal(name === undefined ? {} : { name })
  return webrtc({ ...others, signal, iceServers: [] })
}
