import { discoveryKey } from 'hypercore-crypto'
import { describe, expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import { blocks, writer } from '../helpers/cores.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import { encryptionKey, otherKey, outcome, outcomes, socketPair } from '../helpers/sessions.ts'

const MB = 1_048_576
const secret = 'a secret that only holders of the key may see'

/** A session with something to hide, for a peer that begins. */
async function secretive(
  options = {},
): Promise<{ session: Session; hidden: Buffer[]; delivered: unknown[] }> {
  const core = await writer(3)
  const delivered: unknown[] = []
  const session = replic8(encryptionKey, { initiator: false, userData: secret, ...options })
  session.share(secret, [core], [{ secret }])
  session
    .registerExtension('app', { onmessage: (message) => delivered.push(message) })
    .send(Buffer.from(secret))
  for (const event of ['advertise', 'update', 'withdraw', 'open'] as const)
    session.on('*', event, () => delivered.push(event))
  const hidden = [
    Buffer.from(secret),
    core.key,
    discoveryKey(core.key),
    encryptionKey,
    discoveryKey(encryptionKey),
  ]
  return { session, hidden, delivered }
}

/** Everything that the peer could read, after decryption. */
function readable(peer: HostilePeer): () => Buffer {
  const chunks: Buffer[] = []
  const messages = peer.stream.state._messages
  const recv = messages.recv.bind(messages)
  messages.recv = (bytes: Buffer) => {
    chunks.push(Buffer.from(bytes))
    return recv(bytes)
  }
  return () => Buffer.concat(chunks)
}

test('two different keys: ERR_KEY_MISMATCH at both ends', async () => {
  for (const initiator of [undefined, true]) {
    const options = initiator === undefined ? [{}, {}] : [{ initiator }, { initiator: !initiator }]
    const a = replic8(encryptionKey, options[0])
    const b = replic8(otherKey, options[1])
    a.pipe(b.stream)
    expect(await outcomes(a, b)).toEqual(['ERR_KEY_MISMATCH', 'ERR_KEY_MISMATCH'])
    expect(a.remoteUserData).toBe(null)
    await expect(a.opened).rejects.toMatchObject({ code: 'ERR_KEY_MISMATCH' })
  }
})

test('two different keys over TCP: ERR_KEY_MISMATCH at both ends', async () => {
  const [near, far] = await socketPair()
  const a = replic8(encryptionKey)
  const b = replic8(otherKey)
  a.pipe(near)
  b.pipe(far)
  expect(await outcomes(a, b)).toEqual(['ERR_KEY_MISMATCH', 'ERR_KEY_MISMATCH'])
})

describe('a peer without the key sees nothing', () => {
  for (const behaviour of ['says nothing', 'opens a control channel of another key'] as const) {
    test(`when it ${behaviour}`, async () => {
      const { session, hidden, delivered } = await secretive({ handshakeTimeout: 200 })
      const peer = new HostilePeer(otherKey)
      const seen = readable(peer)
      session.pipe(peer.stream)
      if (behaviour === 'says nothing') await peer.shaken
      else await peer.greet()
      expect(await outcome(session)).toMatch(/^ERR_(KEY_MISMATCH|HANDSHAKE_TIMEOUT)$/)
      for (const bytes of hidden) expect(seen().includes(bytes)).toBe(false)
      // The OPEN of a channel that is another one each time, and nothing else.
      expect(seen().length).toBeLessThan(100)
      expect(delivered).toEqual([])
    })
  }

  test('the channel that it sees is another one for each connection', async () => {
    const seen = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const session = replic8(encryptionKey, { initiator: false })
      const peer = new HostilePeer(otherKey)
      session.pipe(peer.stream)
      const key = await new Promise<Buffer>((resolve) => peer.stream.on('discovery-key', resolve))
      seen.add(key.toString('hex'))
      session.destroy()
    }
    expect(seen.size).toBe(5)
    expect(seen.has(discoveryKey(encryptionKey).toString('hex'))).toBe(false)
  })
})

test('the control channel is proved with a capability, and the channel of a feed needs none: its key was offered', async () => {
  const core = await writer(3)
  const session = replic8(encryptionKey, { initiator: false, live: true })
  const peer = new HostilePeer(encryptionKey)
  const opened = new Map<string, Buffer | null>()
  const { channelizer, state } = peer.stream
  const onopen = channelizer.onopen.bind(channelizer)
  channelizer.onopen = (id: number, message: { discoveryKey: Buffer; capability: Buffer | null }) => {
    opened.set(message.discoveryKey.toString('hex'), message.capability)
    onopen(id, message)
  }
  session.pipe(peer.stream)
  session.share([core])
  await peer.greet()
  const { first } = await peer.heard('offer')
  peer.send({ type: 'answer', first, accepted: [true], reason: 'declined' })
  const block = await new Promise((resolve) => {
    const channel = channelizer.createChannel(discoveryKey(core.key))
    channel.handlers = { ondata: ({ value }: { value: Buffer }) => resolve(value) }
    channelizer.attachLocal(channel)
    state.open(channel.localId, { key: null, discoveryKey: channel.discoveryKey })
    channel.request({ index: 0 })
  })
  expect(String(block)).toBe((await blocks(core))[0])
  expect(opened.get(peer.controlDiscoveryKey.toString('hex'))).toHaveLength(32)
  expect(opened.get(discoveryKey(core.key).toString('hex'))).toBe(null)
  session.destroy()
})

describe('a peer without the key can do nothing: ERR_KEY_MISMATCH', () => {
  const key = (n: number) => {
    const bytes = Buffer.alloc(32)
    bytes.writeUInt32BE(n)
    return bytes
  }
  const attempts: Record<string, (peer: HostilePeer) => void> = {
    'opening the channel of the encryption key': (peer) => peer.stream.open(encryptionKey, {}),
    'opening the channel of a feed': (peer) => peer.stream.open(key(1), {}),
    'opening 100,000 channels': (peer) => {
      for (let n = 0; n < 100_000; n++) {
        peer.stream.state.open(n + 1, { key: null, discoveryKey: key(n), capability: key(n) })
      }
    },
    'sending on channel 0': (peer) => {
      const extension = peer.stream.registerExtension('app', {})
      for (let n = 0; n < 1000; n++) extension.send(Buffer.from(`message ${n}`))
    },
    'sending on a channel that is not open': (peer) => peer.stream.state.extension(1, 0, Buffer.alloc(100)),
    'closing what is not open': (peer) => peer.stream.close(key(2)),
    'asking for blocks': (peer) => peer.stream.state.request(1, { index: 0 }),
  }
  for (const [name, attempt] of Object.entries(attempts)) {
    test(name, async () => {
      const { session, delivered } = await secretive()
      const peer = new HostilePeer(otherKey)
      session.pipe(peer.stream)
      const before = process.memoryUsage().heapUsed
      await peer.shaken
      attempt(peer)
      expect(await outcome(session)).toBe('ERR_KEY_MISMATCH')
      expect(delivered).toEqual([])
      expect(peer.received).toEqual([])
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 * MB)
    })
  }

  test('opening the right channel without knowing its key', async () => {
    const { session, delivered } = await secretive()
    const peer = new HostilePeer(otherKey)
    peer.stream.on('discovery-key', (theirs: Buffer) =>
      peer.stream.state.open(1, { key: null, discoveryKey: theirs, capability: Buffer.alloc(32) }),
    )
    session.pipe(peer.stream)
    expect(await outcome(session)).toBe('ERR_KEY_MISMATCH')
    expect(delivered).toEqual([])
  })

  test("opening the right channel with the session's own proof", async () => {
    const { session } = await secretive()
    const peer = new HostilePeer(otherKey)
    const { channelizer } = peer.stream
    channelizer.onopen = (
      _id: number,
      { discoveryKey, capability }: { discoveryKey: Buffer; capability: Buffer },
    ) => peer.stream.state.open(1, { key: null, discoveryKey, capability })
    session.pipe(peer.stream)
    expect(await outcome(session)).toBe('ERR_KEY_MISMATCH')
  })

  test('a message of 8 MB is refused before it is there', async () => {
    const { session } = await secretive()
    const peer = new HostilePeer(otherKey)
    session.pipe(peer.stream)
    await peer.shaken
    const before = process.memoryUsage().arrayBuffers
    const { state } = peer.stream
    // The head of a message of 8 MB and a few bytes of it, encrypted as they have to be.
    state.handlers.send(state._encryption.encrypt(Buffer.from([0x80, 0x80, 0x80, 0x04, 0x1f, 1, 2, 3])))
    expect(await outcome(session)).toBe('ERR_PROTOCOL')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MB)
  })
})
