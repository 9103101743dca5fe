import { afterEach, expect, test } from 'vitest'
import type { WebRtcOptions } from '../../src/transports/webrtc.ts'
import { connectedHubPair, HubPeer, stopHubPeers } from './hub-peer.ts'
import { SignalHub } from './signal-hub.ts'

class Peer extends HubPeer {
  constructor(hub: SignalHub, options: Partial<WebRtcOptions> = {}) {
    super(hub, globalThis, options)
  }
}
const connectedPair = (hub: SignalHub) => connectedHubPair(hub, globalThis)

afterEach(stopHubPeers)

test('makes one connection when both see each other at once; the lower id calls', async () => {
  const hub = new SignalHub()
  const { callerEnd, calledEnd, caller, called } = await connectedPair(hub)
  expect([callerEnd, calledEnd].map((end) => end.connection.initiator)).toEqual([true, false])
  const offers = hub.said.filter(({ data }) => JSON.stringify(data).includes('"offer"'))
  expect(offers.map(({ from }) => from)).toEqual([caller.id])
  for (const id of [caller.id, called.id]) for (const on of hub.members.values()) on.peer(id)
  callerEnd.send(1)
  await calledEnd.arrived(1)
  expect([caller.made.length, called.made.length]).toEqual([1, 1])
})

test('gives up a peer that never answers', async () => {
  const hub = new SignalHub()
  const peer = new Peer(hub, { connectTimeout: 20 })
  hub.members.get(peer.id)?.peer('zzz')
  expect(await peer.problem()).toMatchObject({ code: 'ERR_CONNECTION' })
})

test('gives up on both sides when the answer is lost', async () => {
  const hub = new SignalHub()
  hub.passes = ({ data }) => !JSON.stringify(data).includes('"answer"')
  const peers = [new Peer(hub, { connectTimeout: 200 }), new Peer(hub, { connectTimeout: 200 })]
  for (const peer of peers) expect(await peer.problem()).toMatchObject({ code: 'ERR_CONNECTION' })
  expect(peers.map((peer) => peer.ends)).toEqual([[], []])
})

test('drops an attempt without a word when the peer has left meanwhile', async () => {
  const hub = new SignalHub()
  const peer = new Peer(hub, { maxPeers: 1 })
  hub.members.get(peer.id)?.peer('zzz')
  hub.members.get(peer.id)?.gone('zzz')
  new Peer(hub)
  await peer.connected()
  expect(peer.problems).toEqual([])
})

test('keeps a connection when the signal loses sight of the peer', async () => {
  const hub = new SignalHub()
  const { caller, called, callerEnd, calledEnd } = await connectedPair(hub)
  hub.members.get(caller.id)?.gone(called.id)
  hub.members.get(called.id)?.gone(caller.id)
  callerEnd.send(3)
  await calledEnd.arrived(3)
  expect([...callerEnd.closes, ...calledEnd.closes]).toEqual([])
})

test('ends a connection at once when the page of the peer says that it goes away', async () => {
  const hub = new SignalHub()
  const { caller, called, callerEnd } = await connectedPair(hub)
  hub.say({ from: called.id, to: caller.id, data: { type: 'bye' } })
  expect(await callerEnd.closed).toMatchObject({ code: 'ERR_CONNECTION' })
})

test('holds no more connections than maxPeers, and takes the next when one is over', async () => {
  const hub = new SignalHub()
  const first = new Peer(hub, { maxPeers: 1 })
  const second = new Peer(hub, { maxPeers: 1 })
  const [end] = await Promise.all([first.connected(), second.connected()])
  const third = new Peer(hub, { maxPeers: 1 })
  hub.members.get(third.id)?.peer('zzz')
  hub.members.get(third.id)?.gone('zzz')
  expect(third.ends).toEqual([])
  end.connection.close()
  await Promise.all([third.connected(), Promise.race([first.connected(2), second.connected(2)])])
  expect([first, second, third].flatMap((peer) => peer.problems)).toEqual([])
})

test('calls again a peer that the network lost', async () => {
  const { caller, called, callerEnd } = await connectedPair(new SignalHub())
  // What the browser does when the other end has not answered for half a minute.
  const pc = caller.made[0] as RTCPeerConnection
  Object.defineProperty(pc, 'iceConnectionState', { value: 'failed' })
  pc.dispatchEvent(new Event('iceconnectionstatechange'))
  expect(await callerEnd.closed).toMatchObject({ code: 'ERR_CONNECTION' })
  const [again] = await Promise.all([caller.connected(2), called.connected(2)])
  again.send(10)
  await called.ends[1]?.arrived(10)
})

test('calls nobody again after a connection that one end closed', async () => {
  const hub = new SignalHub()
  const { caller, called, callerEnd, calledEnd } = await connectedPair(hub)
  calledEnd.connection.close()
  await Promise.all([callerEnd.closed, calledEnd.closed])
  const third = new Peer(hub)
  await Promise.all([third.connected(2), caller.connected(2), called.connected(2)])
  expect([caller.ends.length, called.ends.length]).toEqual([2, 2])
})

for (const who of ['callerEnd', 'calledEnd'] as const) {
  test(`calls again after a connection that the ${who} aborted`, async () => {
    const pair = await connectedPair(new SignalHub())
    pair[who].connection.abort(new Error('Nothing was heard for long.'))
    const [again] = await Promise.all([pair.caller.connected(2), pair.called.connected(2)])
    again.send(10)
    await pair.called.ends[1]?.arrived(10)
    expect([...pair.caller.problems, ...pair.called.problems]).toEqual([])
  })
}

test('lets a peer that begins anew replace the connection that it lost', async () => {
  const hub = new SignalHub()
  const { caller, called, calledEnd } = await connectedPair(hub)
  const [offer] = hub.said.filter(({ data }) => JSON.stringify(data).includes('"offer"'))
  const data = { ...(offer?.data as object), attempt: 'another' }
  hub.say({ from: caller.id, to: called.id, data })
  expect(await calledEnd.closed).toMatchObject({ code: 'ERR_CONNECTION' })
})

test('ignores offers from the end that is to be called', async () => {
  const hub = new SignalHub()
  const peer = new Peer(hub)
  const data = { type: 'signal', attempt: 'a', signal: { type: 'offer', sdp: 'v=0' } }
  hub.say({ from: 'zzz', to: peer.id, data })
  new Peer(hub)
  await peer.connected()
  expect(peer.made.length).toBe(1)
})

test('reports a signal that makes no sense, and goes on', async () => {
  const hub = new SignalHub()
  const peer = new Peer(hub)
  for (const data of [null, 'x', { type: 'signal', attempt: 'a', signal: { type: 'offer' } }]) {
    hub.say({ from: '0', to: peer.id, data })
  }
  expect(await peer.problem()).toMatchObject({ code: 'ERR_SIGNAL' })
  new Peer(hub)
  await peer.connected()
  expect(peer.problems.length).toBe(3)
})

test('reports a description that cannot be used, and goes on', async () => {
  const hub = new SignalHub()
  const peer = new Peer(hub)
  const data = { type: 'signal', attempt: 'a', signal: { type: 'offer', sdp: 'nonsense' } }
  hub.say({ from: '0', to: peer.id, data })
  expect(await peer.problem()).toMatchObject({ code: 'ERR_CONNECTION' })
  new Peer(hub)
  await peer.connected()
})

test('reports a signal that fails to send', async () => {
  const failing = new SignalHub()
  failing.say = () => {
    throw new Error('The signalling server is gone.')
  }
  const peer = new Peer(failing)
  failing.members.get(peer.id)?.peer('zzz')
  expect(await peer.problem()).toMatchObject({ code: 'ERR_SIGNAL' })
})
