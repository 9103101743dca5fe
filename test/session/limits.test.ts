import { describe, expect, test } from 'vitest'
import type { SessionOptions } from '../../src/session/options.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import type { OfferMessage } from '../../src/wire/messages.ts'
import { HostilePeer, hello } from '../helpers/hostile-peer.ts'
import { encryptionKey, expectAlive, openSessions, outcome, sessions } from '../helpers/sessions.ts'

/** A session and a peer that holds the key and keeps to nothing else. */
async function besieged(options: SessionOptions = {}): Promise<{ session: Session; peer: HostilePeer }> {
  const session = replic8(encryptionKey, { initiator: false, live: true, ...options })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(peer.stream)
  await peer.greet()
  await session.opened
  return { session, peer }
}

/** The session ends with this code, and the peer, which holds the key, was told. */
async function expectRefusal(session: Session, peer: HostilePeer, code: string) {
  const bye = await peer.heard('bye')
  expect(bye.code).toBe(code)
  expect(bye.message).not.toBe('')
  expect(await outcome(session)).toBe(code)
}

const keyOf = (n: number) => {
  const key = Buffer.alloc(32)
  key.writeUInt32BE(n + 1)
  return key
}

function offer(change: Partial<OfferMessage> = {}): OfferMessage {
  return {
    type: 'offer',
    first: 0,
    namespace: null,
    keys: [keyOf(0)],
    lengths: [[0]],
    headers: [{}],
    ...change,
  }
}

describe('channels', () => {
  const open = (peer: HostilePeer, n: number) =>
    peer.stream.state.open(n + 2, { key: null, discoveryKey: keyOf(n), capability: keyOf(n) })

  test('more than the limit: ERR_TOO_MANY_CHANNELS, and the peer is told', async () => {
    const { session, peer } = await besieged({ limits: { channels: 50 } })
    for (let n = 0; n <= 50; n++) open(peer, n)
    await expectRefusal(session, peer, 'ERR_TOO_MANY_CHANNELS')
  })

  test('as many as the limit are held', async () => {
    const { session, peer } = await besieged({ limits: { channels: 50 } })
    for (let n = 0; n < 50; n++) open(peer, n)
    peer.send({ type: 'ping', token: 1 })
    await peer.heard('pong')
    session.destroy()
  })

  test('closed ones do not count', async () => {
    const { session, peer } = await besieged({ limits: { channels: 50 } })
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 40; n++) open(peer, n)
      for (let n = 0; n < 40; n++) peer.stream.state.close(n + 2, {})
    }
    peer.send({ type: 'ping', token: 1 })
    await peer.heard('pong')
    session.destroy()
  })

  test('100,000 of them stop at the default limit', async () => {
    const { session, peer } = await besieged()
    for (let n = 0; n < 100_000; n++) open(peer, n)
    expect(await outcome(session)).toBe('ERR_TOO_MANY_CHANNELS')
  })

  test('a number far beyond the limit: ERR_TOO_MANY_CHANNELS', async () => {
    const { session, peer } = await besieged()
    open(peer, 2 ** 26)
    await expectRefusal(session, peer, 'ERR_TOO_MANY_CHANNELS')
  })

  test('one opened twice, by its number or by its key, or on channel 0: ERR_PROTOCOL', async () => {
    for (const [number, key] of [
      [2, keyOf(1)],
      [3, keyOf(0)],
      [0, keyOf(1)],
    ] as const) {
      const { session, peer } = await besieged()
      open(peer, 0)
      peer.stream.state.open(number, { key: null, discoveryKey: key, capability: key })
      await expectRefusal(session, peer, 'ERR_PROTOCOL')
    }
  })

  test('messages to the stream itself are not heard, and do no harm', async () => {
    const { session, peer } = await besieged()
    peer.stream.registerExtension('app', {}).send(Buffer.from('hello'))
    peer.stream.state.request(900, { index: 0 })
    peer.stream.close(keyOf(5))
    peer.send({ type: 'ping', token: 1 })
    await peer.heard('pong')
    session.destroy()
  })

  test('a message that is too long for hypercore-protocol: ERR_PROTOCOL, and the peer is told', async () => {
    const { session, peer } = await besieged()
    const { state } = peer.stream
    state.handlers.send(state._encryption.encrypt(Buffer.from([0x80, 0x80, 0x80, 0x08, 0x1f])))
    await expectRefusal(session, peer, 'ERR_PROTOCOL')
  })

  test('a message that has no meaning: ERR_PROTOCOL, and the peer is told', async () => {
    const { session, peer } = await besieged()
    const { state } = peer.stream
    state.handlers.send(state._encryption.encrypt(Buffer.from([4, 0x20, 0xff, 0xff, 0xff])))
    await expectRefusal(session, peer, 'ERR_PROTOCOL')
  })
})

describe('control messages', () => {
  test('more a second than the limit: ERR_TOO_MANY_MESSAGES, and the peer is told', async () => {
    const { session, peer } = await besieged({ timeout: 1000, limits: { controlPerSecond: 100 } })
    for (let n = 0; n < 5000; n++) peer.send({ type: 'ping', token: n })
    await expectRefusal(session, peer, 'ERR_TOO_MANY_MESSAGES')
  })

  test('a burst of 5,000 extension messages arrives whole and in order', async () => {
    const [a, b] = await openSessions({ live: true }, { live: true, limits: { controlPerSecond: 10_000 } })
    const got: number[] = []
    const all = new Promise<void>((resolve) => {
      b.registerExtension('app', {
        encoding: 'json',
        onmessage: (n: number) => {
          got.push(n)
          if (got.length === 5000) resolve()
        },
      })
    })
    const extension = a.registerExtension<number>('app', { encoding: 'json' })
    for (let n = 0; n < 5000; n++) extension.send(n)
    await all
    expect(got).toEqual(Array.from({ length: 5000 }, (_, n) => n))
    a.end()
    expect(await outcome(b)).toBe('clean')
  })

  test('a burst over the limit of the peer is sent as fast as it takes it, and all of it before the end', async () => {
    const [a, b] = await openSessions(
      { live: true },
      { live: true, timeout: 1000, limits: { controlPerSecond: 500 } },
    )
    const got: number[] = []
    b.registerExtension('app', { encoding: 'json', onmessage: (n: number) => void got.push(n) })
    const extension = a.registerExtension<number>('app', { encoding: 'json' })
    for (let n = 0; n < 2000; n++) extension.send(n)
    a.end()
    expect(await outcome(a)).toBe('clean')
    expect(await outcome(b)).toBe('clean')
    expect(got).toEqual(Array.from({ length: 2000 }, (_, n) => n))
  })

  test('a peer that says it takes none a second gets them one by one', async () => {
    const session = replic8(encryptionKey, { initiator: false, live: true })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.greet({ ...hello, limits: { ...hello.limits, controlPerSecond: 0 } })
    await peer.heard('hello')
    session.registerExtension('app').send(Buffer.from('one'))
    await peer.heard('ping')
    expect(await Promise.race([outcome(session), Promise.resolve('open')])).toBe('open')
    session.destroy()
  })

  const broken: Record<string, [(peer: HostilePeer) => void, string]> = {
    'a second hello': [(peer) => peer.send(hello), 'ERR_PROTOCOL'],
    'an unknown type': [(peer) => peer.sendBytes(Buffer.from([200, 1, 2])), 'ERR_PROTOCOL'],
    'bytes left over': [(peer) => peer.sendBytes(Buffer.from([2, 0])), 'ERR_PROTOCOL'],
    'an offer out of order': [(peer) => peer.send(offer({ first: 5 })), 'ERR_PROTOCOL'],
    'an answer to nothing': [
      (peer) => peer.send({ type: 'answer', first: 3, accepted: [true], reason: 'declined' }),
      'ERR_PROTOCOL',
    ],
    'a header over headerBytes': [
      (peer) => peer.send(offer({ headers: [{ text: 'x'.repeat(5000) }] })),
      'ERR_OFFER_TOO_LARGE',
    ],
    'a header over headerDepth': [
      (peer) => peer.send(offer({ headers: [JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`)] })),
      'ERR_BAD_HEADER',
    ],
    'a header with __proto__': [
      (peer) => peer.send(offer({ headers: [JSON.parse('{"__proto__":{"polluted":true}}')] })),
      'ERR_BAD_HEADER',
    ],
    'a page over feedsPerPage': [
      (peer) => {
        const keys = Array.from({ length: 1025 }, (_, n) => keyOf(n))
        peer.send(offer({ keys, lengths: keys.map(() => [0]), headers: keys.map(() => ({})) }))
      },
      'ERR_OFFER_TOO_LARGE',
    ],
    'an extension message over messageBytes': [
      (peer) => peer.send({ type: 'extension', name: 'app', payload: Buffer.alloc(2 ** 20 + 1) }),
      'ERR_PROTOCOL',
    ],
    'a message after the goodbye': [
      (peer) => {
        peer.send({ type: 'ping', token: 1 })
        peer.send({ type: 'bye', code: 'ERR_X', message: '' })
        peer.send({ type: 'ping', token: 2 })
      },
      'ERR_PEER_REFUSED',
    ],
  }
  for (const [name, [attack, code]] of Object.entries(broken)) {
    test(`${name}: ${code}`, async () => {
      const { session, peer } = await besieged()
      attack(peer)
      if (code === 'ERR_PEER_REFUSED') expect(await outcome(session)).toBe(code)
      else await expectRefusal(session, peer, code)
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined)
    })
  }

  test('a message before hello: ERR_PROTOCOL, and the peer is told', async () => {
    for (const message of [
      { type: 'ping', token: 1 },
      { type: 'bye', code: '', message: '' },
      offer(),
    ] as const) {
      const session = replic8(encryptionKey, { initiator: false })
      const peer = new HostilePeer(encryptionKey)
      session.pipe(peer.stream)
      await peer.prove()
      peer.send(message)
      await expectRefusal(session, peer, 'ERR_PROTOCOL')
    }
  })

  test('the hello of another version: ERR_UNSUPPORTED_VERSION, and the peer is told', async () => {
    const session = replic8(encryptionKey, { initiator: false })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.prove()
    peer.sendBytes(Buffer.from([0, 2, 1, 2, 3]))
    await expectRefusal(session, peer, 'ERR_UNSUPPORTED_VERSION')
  })
})

test('a silent peer after the opening: ERR_TIMEOUT', async () => {
  const { session } = await besieged({ timeout: 200 })
  expect(await outcome(session)).toBe('ERR_TIMEOUT')
})

test('timeout: 0 never gives up, and two sessions keep each other awake', async () => {
  const [a, b] = await openSessions({ live: true, timeout: 100 }, { live: true, timeout: 100 })
  const [c, d] = await openSessions({ live: true, timeout: 0 }, { live: true, timeout: false })
  // A peer that says nothing is given up meanwhile: the others had time to be.
  const { session } = await besieged({ timeout: 300 })
  expect(await outcome(session)).toBe('ERR_TIMEOUT')
  await expectAlive(a, b)
  await expectAlive(c, d)
  a.end()
  c.end()
  for (const each of [a, b, c, d]) expect(await outcome(each)).toBe('clean')
})

test('a peer that breaks a limit costs one session, not its neighbours', async () => {
  const neighbours = await openSessions({ live: true }, { live: true })
  const { session, peer } = await besieged({ limits: { channels: 1 } })
  for (let n = 0; n < 10; n++)
    peer.stream.state.open(n + 2, { key: null, discoveryKey: keyOf(n), capability: keyOf(n) })
  await expectRefusal(session, peer, 'ERR_TOO_MANY_CHANNELS')
  await expectAlive(...neighbours)
  neighbours[0].destroy()
})

test('the two ends may have different limits', async () => {
  const [a, b] = sessions(
    { limits: { feedsPerPage: 1, controlPerSecond: 50 } },
    { limits: { headerBytes: 100 } },
  )
  a.pipe(b.stream)
  await Promise.all([a.opened, b.opened])
  a.end()
  expect(await outcome(b)).toBe('clean')
})
