import { afterEach, expect, test } from 'vitest'
import { connectedHubPair, stopHubPeers } from './hub-peer.ts'
import { SignalHub } from './signal-hub.ts'

afterEach(stopHubPeers)

test('calls again a peer that the network lost', async () => {
  const { caller, called, callerEnd } = await connectedHubPair(new SignalHub(), globalThis)
  // What the browser does when the other end has not answered for half a minute.
  const pc = caller.made[0] as RTCPeerConnection
  Object.defineProperty(pc, 'iceConnectionState', { value: 'failed' })
  pc.dispatchEvent(new Event('iceconnectionstatechange'))
  expect(await callerEnd.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  const [again] = await Promise.all([caller.connected(2), called.connected(2)])
  again.send(10)
  await called.ends[1]?.arrived(10)
})
