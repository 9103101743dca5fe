import { expect, test } from 'vitest'
import { type WebRtcOptions, webrtc } from '../../src/transports/webrtc.ts'
import { SignalHub } from './signal-hub.ts'

const topic = new Uint8Array(32)

test.each([
  [{}, 'signal'],
  [{ signal: {} }, 'signal'],
  [{ signal: [] }, 'signal'],
  [{ signal: [new SignalHub().signal, {}] }, 'signal'],
  [{ relay: 'yes' }, 'relay'],
  [{ relayAfter: 0 }, 'relayAfter'],
  [{ iceServers: 'stun:example.org' }, 'iceServers'],
  [{ maxPeers: 0 }, 'maxPeers'],
  [{ maxPeers: 1.5 }, 'maxPeers'],
  [{ maxPeers: '8' }, 'maxPeers'],
  [{ connectTimeout: -1 }, 'connectTimeout'],
  [{ connectTimeout: 2 ** 31 }, 'connectTimeout'],
  [{ closeTimeout: Number.NaN }, 'closeTimeout'],
  [{ wrtc: {} }, 'wrtc'],
])('refuses the options %j', (options, named) => {
  const signal = 'signal' in options || named === 'signal' ? {} : { signal: new SignalHub().signal }
  const create = () => webrtc({ ...signal, ...options } as unknown as WebRtcOptions)
  expect(create).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_OPTION', message: expect.stringContaining(named) }),
  )
})

test('says what to do where there is no WebRTC, and can then be started elsewhere', () => {
  const transport = webrtc({ signal: new SignalHub().signal })
  const start = () =>
    transport.start({ topic, publicKey: topic, onconnection: () => {}, onproblem: () => {} })
  for (let i = 0; i < 2; i++) {
    expect(start).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_OPTION', message: expect.stringContaining('@roamhq/wrtc') }),
    )
  }
})
