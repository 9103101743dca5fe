import { randomBytes } from 'node:crypto'
import Protocol from 'hypercore-protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SessionOptions } from '../../src/session/options.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import { controllableWire, type WireEnd } from '../helpers/controllable-wire.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import {
  encryptionKey,
  expectAlive,
  openSessions,
  outcome,
  outcomes,
  sessions,
  socketPair,
  turn,
  uncaughtErrors,
} from '../helpers/sessions.ts'

/** Long enough for every refusal that does not depend on it, short enough to wait for. */
const handshakeTimeout = 300
const roles = [undefined, true, false]
const MB = 1_048_576

/** Another session of the same process, which nothing here may touch. */
let others: [Session, Session]
let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(async () => {
  uncaught = uncaughtErrors()
  others = await openSessions({ live: true }, { live: true })
})

afterEach(async () => {
  await expectAlive(...others)
  others[0].end()
  expect(await outcomes(...others)).toEqual(['clean', 'clean'])
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

/** A session and the far end of its wire, which answers nothing by itself. */
function besieged(options: SessionOptions): { session: Session; far: WireEnd } {
  const wire = controllableWire()
  const session = replic8(encryptionKey, { handshakeTimeout, ...options })
  session.pipe(wire.a)
  wire.b.on('error', () => {})
  wire.b.resume()
  return { session, far: wire.b }
}

const bytesOf = (count: number, value: number) => Buffer.alloc(count, value)
/** A frame header: this length as a varint. */
function lengthOf(length: number): Buffer {
  const bytes: number[] = []
  for (; length >= 128; length = Math.floor(length / 128)) bytes.push((length % 128) | 128)
  return Buffer.from([...bytes, length])
}

describe('what is no handshake ends the session with ERR_HANDSHAKE', () => {
  const frame = (length: number) => Buffer.concat([lengthOf(length), randomBytes(length)])
  const attacks: Record<string, Buffer> = {
    '20 bytes of 0xff': bytesOf(20, 0xff),
    'a frame of 65,537 bytes': frame(65_537),
    'a frame of 65,536 bytes': Buffer.concat([frame(65_536), frame(65_536)]),
    'a frame of 1 MB': frame(MB),
    'a declared length of 2^40': Buffer.concat([lengthOf(2 ** 40), bytesOf(1000, 1)]),
    'a declared length of 2^63': Buffer.concat([bytesOf(9, 0xff), Buffer.from([1])]),
    'a length of zero in a long form': Buffer.from([0x80, 0x80, 0x80, 0x00]),
    zeros: bytesOf(100, 0),
    'a role frame of another version': Buffer.from([0, 0x72, 0x38, 2, 0, ...bytesOf(16, 5)]),
    'a role frame of an unknown role': Buffer.from([0, 0x72, 0x38, 1, 7, ...bytesOf(16, 5)]),
    'a frame too short for a key, then another': Buffer.concat([frame(5), frame(5)]),
    'an empty key, which is no point': Buffer.concat([lengthOf(58), bytesOf(58, 0), frame(100)]),
  }
  for (const [name, bytes] of Object.entries(attacks)) {
    for (const initiator of roles) {
      test(`${name}, initiator ${initiator ?? 'left out'}`, async () => {
        const { session, far } = besieged(initiator === undefined ? {} : { initiator })
        far.write(bytes)
        // Where the roles say so, two ends that begin at once are what it looks like.
        expect(['ERR_HANDSHAKE', 'ERR_ROLE_CONFLICT']).toContain(await outcome(session))
      })
    }
  }

  test('two role frames', async () => {
    const { session, far } = besieged({ initiator: true })
    const roleFrame = Buffer.from([0, 0x72, 0x38, 1, 0, ...bytesOf(16, 5)])
    far.write(Buffer.concat([roleFrame, roleFrame]))
    expect(await outcome(session)).toBe('ERR_HANDSHAKE')
  })

  test('300 MB behind a declared length of 2^40 do not stay in memory', async () => {
    const [near, far] = await socketPair()
    const session = replic8(encryptionKey, { handshakeTimeout })
    session.pipe(near)
    far.on('error', () => {})
    far.resume()
    const before = process.memoryUsage()
    far.write(lengthOf(2 ** 40))
    for (let sent = 0; sent < 300 && !far.destroyed; sent++) {
      if (!far.write(bytesOf(MB, sent))) await Promise.race([drained(far), closed(far)])
    }
    expect(await outcome(session)).toBe('ERR_HANDSHAKE')
    const { rss, arrayBuffers } = process.memoryUsage()
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(64 * MB)
    expect(rss - before.rss).toBeLessThan(200 * MB)
    far.destroy()
  })
})

describe('random bytes of every length end the session with a code', () => {
  for (const initiator of roles) {
    test(`initiator ${initiator ?? 'left out'}`, async () => {
      const codes = new Set<string>()
      const attacks = Array.from({ length: 200 }, async (_, length) => {
        const { session, far } = besieged({ ...(initiator === undefined ? {} : { initiator }) })
        far.write(randomBytes(1 + length * (length > 100 ? 97 : 1)))
        far.end()
        codes.add(await outcome(session))
      })
      await Promise.all(attacks)
      for (const code of codes)
        expect(code).toMatch(/^ERR_(HANDSHAKE|HANDSHAKE_TIMEOUT|ROLE_CONFLICT|TRUNCATED)$/)
    })
  }

  test('after the roles are settled', async () => {
    for (const role of [0, 1]) {
      const { session, far } = besieged({})
      far.write(Buffer.from([0, 0x72, 0x38, 1, role, ...bytesOf(16, 5)]))
      far.write(Buffer.concat([Buffer.from([90]), randomBytes(90), Buffer.from([90]), randomBytes(90)]))
      expect(await outcome(session)).toBe('ERR_HANDSHAKE')
    }
  })

  test('as the second frame of the handshake', async () => {
    const wire = controllableWire()
    const session = replic8(encryptionKey, { initiator: false, handshakeTimeout })
    session.pipe(wire.a)
    const peer = new HostilePeer(encryptionKey)
    wire.tap('b→a', (chunk, { index }) => {
      if (index === 0) return [chunk]
      return [Buffer.concat([Buffer.from([100]), randomBytes(100)])]
    })
    peer.stream.pipe(wire.b).pipe(peer.stream)
    expect(await outcome(session)).toBe('ERR_HANDSHAKE')
  })

  test('directly after the handshake', async () => {
    const wire = controllableWire()
    const session = replic8(encryptionKey, { initiator: false, handshakeTimeout })
    session.pipe(wire.a)
    const peer = new HostilePeer(encryptionKey)
    wire.tap('b→a', (chunk, { index }) => (index < 2 ? [chunk] : [randomBytes(chunk.length * 10)]))
    peer.stream.pipe(wire.b).pipe(peer.stream)
    await peer.prove()
    // What it looks like after decryption is up to chance: a channel, a message that is too long, one that never ends.
    expect(await outcome(session)).toMatch(/^ERR_(KEY_MISMATCH|PROTOCOL|HANDSHAKE_TIMEOUT)$/)
  })
})

describe('a handshake that does not come to its end', () => {
  for (const initiator of roles) {
    test(`a peer that sends nothing: ERR_HANDSHAKE_TIMEOUT, initiator ${initiator ?? 'left out'}`, async () => {
      const { session } = besieged(initiator === undefined ? {} : { initiator })
      expect(await outcome(session)).toBe('ERR_HANDSHAKE_TIMEOUT')
    })
  }

  test('a peer that sends byte after byte gets no more time for it', async () => {
    const { session, far } = besieged({})
    const ended = outcome(session).then((code) => ({ code }))
    far.write(lengthOf(60_000))
    let result: { code: string } | undefined
    for (let sent = 0; !result && sent < 59_000; sent++) {
      far.write(Uint8Array.of(1))
      result = await Promise.race([ended, turn().then(() => undefined)])
    }
    expect(await ended).toEqual({ code: 'ERR_HANDSHAKE_TIMEOUT' })
  })

  test('a peer that does the handshake and says nothing more: ERR_HANDSHAKE_TIMEOUT', async () => {
    const session = replic8(encryptionKey, { initiator: false, handshakeTimeout })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    expect(await outcome(session)).toBe('ERR_HANDSHAKE_TIMEOUT')
  })

  test('a peer that opens the control channel and never says hello: ERR_HANDSHAKE_TIMEOUT', async () => {
    const session = replic8(encryptionKey, { initiator: false, handshakeTimeout })
    const peer = new HostilePeer(encryptionKey)
    session.pipe(peer.stream)
    await peer.prove()
    expect(await outcome(session)).toBe('ERR_HANDSHAKE_TIMEOUT')
  })

  test('a connection that is cut after any byte of it: ERR_TRUNCATED, at both ends', async () => {
    let open = false
    for (let at = 0; !open; at++) {
      const wire = controllableWire()
      const [a, b] = sessions({ initiator: true }, { initiator: false })
      wire.tap('a→b', (chunk, { offset }) => {
        if (at >= offset + chunk.length) return [chunk]
        queueMicrotask(() => wire.cut())
        return at > offset ? [chunk.subarray(0, at - offset)] : []
      })
      b.on('open', () => {
        open = true
        wire.cut()
      })
      a.pipe(wire.a)
      b.pipe(wire.b)
      expect(await outcomes(a, b)).toEqual(['ERR_TRUNCATED', 'ERR_TRUNCATED'])
    }
  })
})

test('bytes that arrive together with the end of the handshake are taken in their order', async () => {
  for (const apart of [1, 2, 16, 40]) {
    const wire = controllableWire()
    const late: Buffer[] = []
    // The last frame of the handshake comes with the first message behind it, but for some bytes of that.
    wire.tap('a→b', (chunk, { index }) => {
      if (index === 0 || index > 2) return [chunk]
      late.push(Buffer.from(chunk))
      if (index === 1) return []
      const all = Buffer.concat(late)
      return [all.subarray(0, -apart), all.subarray(-apart)]
    })
    const [a, b] = sessions({ initiator: true }, { initiator: false })
    a.pipe(wire.a)
    b.pipe(wire.b)
    await Promise.all([a.opened, b.opened])
    a.end()
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  }
})

test('a stock hypercore-protocol peer and a session do not understand each other, and both end', async () => {
  const session = replic8(encryptionKey, { initiator: false, handshakeTimeout })
  const peer = new Protocol(true, { timeout: 0 })
  peer.on('error', () => {})
  session.pipe(peer)
  peer.open(encryptionKey, {})
  expect(await outcome(session)).toBe('ERR_KEY_MISMATCH')
})

const drained = (stream: NodeJS.EventEmitter) => new Promise((resolve) => stream.once('drain', resolve))
const closed = (stream: NodeJS.EventEmitter) => new Promise((resolve) => stream.once('close', resolve))
