import { describe, expect, test } from 'vitest'
import {
  checkEncryptionKey,
  controlKeys,
  type Exporter,
  messageCode,
  topicOf,
} from '../../src/session/keys.ts'
import { Outbox, RateGuard } from '../../src/session/outbox.ts'
import { replic8 } from '../../src/session/replic8.ts'
import { encodeMessage } from '../../src/wire/codec.ts'
import type { ControlMessage } from '../../src/wire/messages.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import { encryptionKey, otherKey, outcome } from '../helpers/sessions.ts'

const exporter = (local: number, remote: number): Exporter => ({
  local: () => Buffer.alloc(32, local),
  remote: () => Buffer.alloc(32, remote),
})

describe('the keys of a control channel', () => {
  test('are the same at both ends, crossed', () => {
    const a = controlKeys(encryptionKey, exporter(1, 2))
    const b = controlKeys(encryptionKey, exporter(2, 1))
    expect(a.channel).toEqual(b.channel)
    expect(a.send).toEqual(b.receive)
    expect(a.receive).toEqual(b.send)
  })

  test('are all different, and others for each key and each handshake', () => {
    const all = [
      controlKeys(encryptionKey, exporter(1, 2)),
      controlKeys(otherKey, exporter(1, 2)),
      controlKeys(encryptionKey, exporter(1, 3)),
    ].flatMap((keys) => [keys.channel, keys.send, keys.receive].map((key) => key.toString('hex')))
    // The first and the third handshake have one secret in common.
    expect(new Set(all).size).toBe(8)
    expect(all).not.toContain(encryptionKey.toString('hex'))
  })

  test('give each message a code by its place', () => {
    const message = Buffer.from('hello')
    const codes = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52].map((n) =>
      messageCode(encryptionKey, n, message),
    )
    expect(new Set(codes.map((code) => code.toString('hex'))).size).toBe(6)
    for (const code of codes) expect(code).toHaveLength(16)
  })
})

test('a topic tells nothing about the key, and is the same for all its forms', () => {
  const topic = topicOf(encryptionKey)
  expect(topic).toHaveLength(32)
  expect(topicOf(encryptionKey.toString('hex'))).toEqual(topic)
  expect(topicOf(new Uint8Array(encryptionKey))).toEqual(topic)
  expect(topicOf(otherKey)).not.toEqual(topic)
  expect(topic.equals(checkEncryptionKey(encryptionKey))).toBe(false)
})

describe('a message whose code does not fit ends the session with ERR_TAMPERED, and the peer is told', () => {
  const ping = encodeMessage({ type: 'ping', token: 1 })
  const attacks: Record<string, (peer: HostilePeer) => void> = {
    'no code': (peer) => peer.control.extension(0, Buffer.from(ping)),
    'a code of zeros': (peer) => peer.control.extension(0, Buffer.concat([ping, Buffer.alloc(16)])),
    'nothing but a code': (peer) => peer.sendBytes(Buffer.alloc(0)),
    'no bytes at all': (peer) => peer.control.extension(0, Buffer.alloc(0)),
    'another extension id': (peer) => peer.control.extension(1, Buffer.concat([ping, Buffer.alloc(16)])),
    'a code made with the encryption key': (peer) =>
      peer.control.extension(0, Buffer.concat([ping, messageCode(encryptionKey, 1, ping)])),
    'another kind of message on the channel': (peer) => peer.control.have({ start: 0 }),
    'a request on the channel': (peer) => peer.control.request({ index: 0 }),
  }
  for (const [name, attack] of Object.entries(attacks)) {
    test(name, async () => {
      const session = replic8(encryptionKey, { initiator: false, live: true })
      const peer = new HostilePeer(encryptionKey)
      session.pipe(peer.stream)
      await peer.greet()
      await session.opened
      attack(peer)
      expect(await outcome(session)).toBe('ERR_TAMPERED')
      expect((await peer.heard('bye')).code).toBe('ERR_TAMPERED')
    })
  }
})

test('nothing of a session is sent before the peer has proved the key', async () => {
  const session = replic8(encryptionKey, { initiator: false })
  const peer = new HostilePeer(encryptionKey)
  let messages = 0
  peer.stream.state._messages.onmessage = () => messages++
  session.pipe(peer.stream)
  const seen = new Promise((resolve) => peer.stream.on('discovery-key', resolve))
  await seen
  expect(messages).toBe(0)
  session.destroy()
})

const token = (n: number): ControlMessage => ({ type: 'ping', token: n })

describe('the outbox', () => {
  test('sends at once and in order while nothing limits it', () => {
    const sent: ControlMessage[] = []
    const outbox = new Outbox((message) => void sent.push(message))
    for (let n = 0; n < 10; n++) outbox.send(token(n))
    expect(sent).toEqual(Array.from({ length: 10 }, (_, n) => token(n)))
  })

  test('keeps the order when sending leads to sending', () => {
    const sent: ControlMessage[] = []
    const outbox: Outbox = new Outbox((message) => {
      sent.push(message)
      if (message.type === 'ping' && message.token < 3) outbox.send(token(message.token + 10))
    })
    for (let n = 0; n < 3; n++) outbox.send(token(n))
    expect(sent.map((message) => (message as { token: number }).token)).toEqual([0, 10, 1, 11, 2, 12])
  })

  test('keeps back what is over the limit, and forgets it when it is stopped', () => {
    const sent: ControlMessage[] = []
    const outbox = new Outbox((message) => void sent.push(message))
    outbox.limit(5)
    for (let n = 0; n < 100; n++) outbox.send(token(n))
    expect(sent).toHaveLength(5)
    outbox.stop()
    expect(sent).toHaveLength(5)
  })
})

test('the rate guard takes what an outbox of the same limit can send, after a stall too', () => {
  const guard = new RateGuard(100, 2000)
  // All of two seconds at once, and what may begin a burst.
  for (let n = 0; n < 300; n++) expect(guard.admit()).toBe(true)
  const more = Array.from({ length: 300 }, () => guard.admit())
  expect(more).toContain(false)
})
