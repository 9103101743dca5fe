import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryPair } from '../../src/transports/memory-connection.ts'
import { Redials } from '../../src/transports/redials.ts'
import { verifyWebRtcOptions } from '../../src/transports/webrtc-options.ts'
import { WebRtcPeer } from '../../src/transports/webrtc-peer.ts'
import { ConnectedEnd } from './connected-end.ts'
import { SignalHub } from './signal-hub.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** The place of a peer that is called by it, connected by relay. */
function relayed() {
  const outcomes: string[] = []
  const options = verifyWebRtcOptions({ signal: new SignalHub().signal })
  const peer = new WebRtcPeer('peer', false, options, new Redials(), {
    say: () => {},
    onconnection: () => {},
    onopen: () => {},
    onproblem: (err) => {
      throw err
    },
    onover: (outcome) => outcomes.push(outcome),
  })
  const [near, far] = memoryPair({ kind: 'relay' })
  const [nearEnd, farEnd] = [new ConnectedEnd(near), new ConnectedEnd(far)]
  peer.takeRelay(near)
  return { peer, outcomes, nearEnd, farEnd }
}

test('a connection whose place is needed is closed at once where its owner cannot finish', async () => {
  const { peer, outcomes, nearEnd, farEnd } = relayed()
  peer.retire()
  expect(await Promise.all([nearEnd.closed, farEnd.closed])).toEqual([undefined, undefined])
  expect(outcomes).toEqual(['closed'])
})

test('an owner that can finish has ten seconds to do so, and then it is closed', async () => {
  const { peer, outcomes, nearEnd, farEnd } = relayed()
  let asked = 0
  nearEnd.connection.onretire = () => asked++
  peer.retire()
  vi.advanceTimersByTime(9_999)
  farEnd.send(3)
  await nearEnd.arrived(3)
  expect([asked, outcomes]).toEqual([1, []])
  vi.advanceTimersByTime(1)
  expect(await Promise.all([nearEnd.closed, farEnd.closed])).toEqual([undefined, undefined])
  expect(outcomes).toEqual(['closed'])
})

test('a connection that an end aborts has failed, and has stood after ten seconds', async () => {
  const { peer, outcomes, nearEnd } = relayed()
  vi.advanceTimersByTime(9_999)
  expect(peer.stood).toBe(false)
  vi.advanceTimersByTime(1)
  expect(peer.stood).toBe(true)
  nearEnd.connection.abort(new Error('Nothing was heard for long.'))
  await nearEnd.closed
  expect(outcomes).toEqual(['failed'])
})

test('a peer that was told of a place and does not come is given up', () => {
  const { peer } = relayed()
  peer.drop()
  const silent = relayed()
  silent.peer.wait()
  vi.advanceTimersByTime(20_000)
  expect(silent.outcomes).toEqual(['failed'])
})
