import { afterEach, expect, test, vi } from 'vitest'
import { Replic8Error } from '../../src/errors.ts'
import type { WebRtcOptions } from '../../src/transports/webrtc.ts'
import { connectedHubPair, HubPeer, stopHubPeers } from './hub-peer.ts'
import { SignalHub } from './signal-hub.ts'

afterEach(stopHubPeers)

/** Never: the relay is not asked for because of the time. */
const never = 2 ** 31 - 1

const blocked = ({ data }: { data: unknown }) => !JSON.stringify(data).includes('"answer"')
const open = () => true

/** Two peers on a hub with a relay, the one that calls first. */
function pair(hub: SignalHub, options: Partial<WebRtcOptions>): [HubPeer, HubPeer] {
  hub.relays ??= {}
  const peers = [new HubPeer(hub, globalThis, options), new HubPeer(hub, globalThis, options)]
  return peers.sort((x, y) => (x.id < y.id ? -1 : 1)) as [HubPeer, HubPeer]
}

/** The peer that calls has called again. */
const calledAgain = (hub: SignalHub) =>
  vi.waitFor(
    () => {
      const offers = hub.said.filter(({ data }) => JSON.stringify(data).includes('"offer"'))
      expect(offers.length).toBeGreaterThan(1)
    },
    { timeout: 30_000 },
  )

const kinds = (peer: HubPeer) => peer.ends.map(({ connection }) => connection.kind)

/** The browser finds its connection in this state. */
function showState(peer: HubPeer, value: RTCIceConnectionState) {
  const pc = peer.made[0] as RTCPeerConnection
  Object.defineProperty(pc, 'iceConnectionState', { value, configurable: true })
  pc.dispatchEvent(new Event('iceconnectionstatechange'))
}

test('connects by relay where there is no direct way in time, and directly beside it when there is', async () => {
  const hub = new SignalHub()
  hub.passes = blocked
  const peers = pair(hub, { relayAfter: 1, connectTimeout: 100 })
  const relayed = await Promise.all(peers.map((peer) => peer.connected()))
  expect(relayed.map(({ connection }) => [connection.kind, connection.initiator])).toEqual([
    ['relay', true],
    ['relay', false],
  ])
  await calledAgain(hub)
  hub.passes = open
  const direct = await Promise.all(peers.map((peer) => peer.connected(2)))
  expect(direct.map(({ connection }) => connection.kind)).toEqual(['webrtc', 'webrtc'])
  relayed[0]?.send(1_000)
  direct[1]?.send(2_000)
  await Promise.all([relayed[1]?.arrived(1_000), direct[0]?.arrived(2_000)])
  relayed[1]?.connection.close()
  await Promise.all(relayed.map((end) => end.closed))
  direct[0]?.send(10)
  await direct[1]?.arrived(10)
  expect(peers.map(kinds)).toEqual([
    ['relay', 'webrtc'],
    ['relay', 'webrtc'],
  ])
  expect(peers[0].problems).toEqual([])
})

test('asks for a relay at once when the call fails', async () => {
  const hub = new SignalHub()
  hub.passes = blocked
  const peers = pair(hub, { relayAfter: never, connectTimeout: 50 })
  const [end, other] = await Promise.all(peers.map((peer) => peer.connected()))
  end?.send(5)
  await other?.arrived(5)
  expect(hub.relayed).toHaveLength(1)
})

test('asks for none while it connects in time', async () => {
  const hub = new SignalHub()
  const peers = pair(hub, { relayAfter: never })
  await Promise.all(peers.map((peer) => peer.connected()))
  expect(hub.relayed).toEqual([])
})

test('goes back to a relay when the direct connection was lost and there is no way to another', async () => {
  const hub = new SignalHub()
  hub.relays = {}
  const { caller, called, callerEnd } = await connectedHubPair(hub, globalThis, { connectTimeout: 200 })
  hub.passes = blocked
  showState(caller, 'failed')
  await callerEnd.closed
  await Promise.all([caller.connected(2), called.connected(2)])
  expect([caller, called].map(kinds)).toEqual([
    ['webrtc', 'relay'],
    ['webrtc', 'relay'],
  ])
})

for (const who of ['caller', 'called'] as const) {
  test(`goes to a relay when the ${who} hears nothing directly, before the browser gives up`, async () => {
    const hub = new SignalHub()
    hub.relays = {}
    const pair = await connectedHubPair(hub, globalThis, { relayAfter: never })
    hub.passes = blocked
    showState(pair[who], 'disconnected')
    expect(await pair[`${who}End`].closed).toMatchObject({ code: 'ERR_CONNECTION' })
    const [end, other] = await Promise.all([pair.caller.connected(2), pair.called.connected(2)])
    expect([pair.caller, pair.called].map(kinds)).toEqual([
      ['webrtc', 'relay'],
      ['webrtc', 'relay'],
    ])
    end.send(5)
    await other.arrived(5)
  })
}

test('stays with a direct connection that was interrupted for a moment', async () => {
  const { caller, callerEnd, calledEnd } = await connectedHubPair(new SignalHub(), globalThis)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  showState(caller, 'disconnected')
  vi.advanceTimersByTime(1_999)
  showState(caller, 'connected')
  vi.advanceTimersByTime(60_000)
  vi.useRealTimers()
  callerEnd.send(5)
  await calledEnd.arrived(5)
  expect([...callerEnd.closes, ...calledEnd.closes]).toEqual([])
})

test('asks for another relay when one was lost', async () => {
  const hub = new SignalHub()
  hub.passes = blocked
  const peers = pair(hub, { relayAfter: 1, connectTimeout: 50 })
  await Promise.all(peers.map((peer) => peer.connected()))
  for (const connection of hub.relayed[0] ?? []) connection.abort(new Replic8Error('ERR_CONNECTION'))
  const [again, other] = await Promise.all(peers.map((peer) => peer.connected(2)))
  again?.send(1)
  await other?.arrived(1)
})

test('says so when there is no relay, and calls again', async () => {
  const hub = new SignalHub()
  const refuses = new Replic8Error('ERR_OVER_QUOTA')
  hub.relays = { refuses }
  hub.passes = blocked
  const peers = pair(hub, { relayAfter: 1, connectTimeout: 50 })
  expect(await peers[0].problem()).toMatchObject({ code: 'ERR_RELAY', cause: refuses })
  await calledAgain(hub)
  hub.passes = open
  await Promise.all(peers.map((peer) => peer.connected()))
  expect(peers.map(kinds)).toEqual([['webrtc'], ['webrtc']])
})

test('asks for no relay where that is turned off, and takes none', async () => {
  const hub = new SignalHub()
  hub.passes = blocked
  const [caller] = pair(hub, { relay: false, relayAfter: 1, connectTimeout: 50 })
  expect(await caller.problem()).toMatchObject({ code: 'ERR_CONNECTION' })
  expect(hub.relayed).toEqual([])
  expect(caller.ends).toEqual([])
})

test('is not connected by relay with a peer that takes none', async () => {
  const hub = new SignalHub()
  hub.relays = {}
  const peer = new HubPeer(hub, globalThis, { relayAfter: 1, connectTimeout: 50 })
  hub.signal.join(new Uint8Array(32), 'zzz', { peer: () => {}, gone: () => {}, message: () => {} })
  expect(await peer.problem()).toMatchObject({ code: 'ERR_RELAY' })
  expect(hub.relayed).toEqual([])
})

test('tells what troubles its signal', async () => {
  const hub = new SignalHub()
  const peer = new HubPeer(hub, globalThis)
  hub.members.get(peer.id)?.problem?.(new Replic8Error('ERR_OVER_QUOTA'))
  expect(await peer.problem()).toMatchObject({ code: 'ERR_OVER_QUOTA' })
})
