import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSignalMessage } from '../../src/transports/signal-message.ts'

const offer = { type: 'offer', sdp: 'v=0' }
const candidate = { type: 'candidate', candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 } }

test.each([
  { type: 'signal', attempt: 'a', signal: offer },
  { type: 'signal', attempt: 'a', signal: { type: 'answer', sdp: 'v=0' } },
  { type: 'signal', attempt: 'a', signal: candidate },
  { type: 'full', attempt: 'a' },
  { type: 'full' },
  { type: 'call' },
  { type: 'bye' },
])('reads %j', (message) => {
  expect(readSignalMessage(message)).toEqual(message)
})

test('takes over only the fields it knows', () => {
  const signal = { ...offer, renegotiate: true, transceiverRequest: { kind: 'video' } }
  expect(readSignalMessage({ type: 'signal', attempt: 'a', signal, more: 1 })).toEqual({
    type: 'signal',
    attempt: 'a',
    signal: offer,
  })
})

test.each([
  undefined,
  null,
  5,
  'bye',
  [],
  {},
  { type: 'unknown' },
  { type: 'full', attempt: 5 },
  { type: 'signal', attempt: 'a' },
  { type: 'signal', signal: offer },
  { type: 'signal', attempt: 'x'.repeat(65), signal: offer },
  { type: 'signal', attempt: 'a', signal: { type: 'rollback', sdp: '' } },
  { type: 'signal', attempt: 'a', signal: { type: 'offer', sdp: 5 } },
  { type: 'signal', attempt: 'a', signal: { type: 'offer', sdp: 'x'.repeat(65_537) } },
  { type: 'signal', attempt: 'a', signal: { type: 'candidate' } },
  { type: 'signal', attempt: 'a', signal: { type: 'candidate', candidate: null } },
  { type: 'signal', attempt: 'a', signal: { type: 'candidate', candidate: { candidate: {} } } },
  {
    type: 'signal',
    attempt: 'a',
    signal: { type: 'candidate', candidate: { candidate: 'c', sdpMLineIndex: -1 } },
  },
  { type: 'signal', attempt: 'a', signal: { type: 'candidate', candidate: { candidate: 'c', sdpMid: 1 } } },
])('refuses unusable message %#', (message) => {
  expect(readSignalMessage(message)).toBeUndefined()
})

test('never throws, whatever a peer sends', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (signal, anything) => {
      readSignalMessage(anything)
      readSignalMessage({ type: 'signal', attempt: 'a', signal })
    }),
  )
})
