import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { Duplex, finished, pipeline } from 'node:stream'
import eos from 'end-of-stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import SimplePeer from 'simple-peer'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import { memoryPair } from '../../src/transports/memory.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { blocks, reader, writer } from '../helpers/cores.ts'
import { HostilePeer } from '../helpers/hostile-peer.ts'
import {
  encryptionKey,
  expectAlive,
  otherKey,
  outcome,
  outcomes,
  sessions,
  socketPair,
  turn,
  uncaughtErrors,
} from '../helpers/sessions.ts'

let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(() => {
  uncaught = uncaughtErrors()
})

afterEach(async () => {
  await turn()
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

// biome-ignore lint/suspicious/noExplicitAny: each kind of transport has a type of its own.
type Transport = any

interface TransportKind {
  make(): Promise<[Transport, Transport]> | [Transport, Transport]
  /** Takes one end away in the middle. */
  cut(end: Transport): void
  /** Lets one end fail with an error; left out where a transport cannot. */
  fail?(end: Transport, error: Error): void
}

const nodePair = (): [Duplex, Duplex] => {
  const ends: Duplex[] = [0, 1].map(
    (self) =>
      new Duplex({
        read() {},
        write: (chunk, _encoding, done) => {
          ends[1 - self]?.push(Buffer.from(chunk))
          done()
        },
        final: (done) => {
          ends[1 - self]?.push(null)
          done()
        },
        destroy: (error, done) => {
          ends[1 - self]?.destroy()
          done(error)
        },
      }),
  )
  return ends as [Duplex, Duplex]
}

/** The two ends of a simple-peer connection over channels that are joined here: no WebRTC in it. */
function simplePeerPair(): [Transport, Transport] {
  const peers = [0, 1].map(() => new SimplePeer({ wrtc: { RTCPeerConnection: FakeConnection, RTCSessionDescription: Object, RTCIceCandidate: Object } }))
  for (const [self, peer] of peers.entries()) {
    peer._channel = fakeChannel(() => peers[1 - self])
    peer._connected = true
  }
  return peers as [Transport, Transport]
}

class FakeConnection extends EventEmitter {
  createDataChannel() {
    return {}
  }
  close() {}
}

function fakeChannel(far: () => Transport) {
  return {
    bufferedAmount: 0,
    readyState: 'open',
    send: (chunk: Uint8Array) => {
      const copy = Buffer.from(chunk)
      setImmediate(() => far()._onChannelMessage({ data: copy }))
    },
    close: () => setImmediate(() => far()._onChannelClose()),
  }
}

const destroyed = {
  cut: (end: Transport) => end.destroy(),
  fail: (end: Transport, error: Error) => end.destroy(error),
}

const kinds: Record<string, TransportKind> = {
  'TCP sockets': { make: socketPair, ...destroyed },
  'Node duplexes': { make: nodePair, ...destroyed },
  'streamx duplexes': {
    make: () => {
      const wire = controllableWire()
      return [wire.a, wire.b]
    },
    ...destroyed,
  },
  'simple-peers': { make: simplePeerPair, ...destroyed },
  'web streams': {
    make: () => {
      const there = new TransformStream<Uint8Array, Uint8Array>()
      const back = new TransformStream<Uint8Array, Uint8Array>()
      return [
        { readable: back.readable, writable: there.writable },
        { readable: there.readable, writable: back.writable },
      ]
    },
    cut: (end) => end.session.destroy(),
  },
  Connections: {
    make: () => memoryPair(),
    cut: (end) => end.abort(new Error('cut')),
    fail: (end, error) => end.abort(error),
  },
}

for (const [name, kind] of Object.entries(kinds)) {
  describe(`over ${name}`, () => {
    test('a feed is replicated, and both streams end once, without an error', async () => {
      const core = await writer(20)
      const [a, b] = sessions()
      const copy = reader(core.key)
      a.share([core])
      b.on('advertise', (_offer, accept) => accept(null, [copy]))
      const [near, far] = await kind.make()
      const ends = [listen(a.pipe(near)), listen(b.pipe(far))]
      expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
      expect(await Promise.all(ends.map((end) => end.over))).toEqual([[null], [null]])
      expect(await blocks(copy)).toHaveLength(20)
      await expectClosed(near)
      await expectClosed(far)
    })

    test('bytes in both directions at once arrive whole', async () => {
      const cores = await Promise.all([writer(big()), writer(big())])
      const pair = sessions()
      const copies = cores.map((core) => reader(core.key))
      for (const [i, session] of pair.entries()) {
        session.share([cores[i]])
        session.on('advertise', (_offer, accept) => accept(null, [copies[1 - i]]))
      }
      const ends = await kind.make()
      pair.forEach((session, i) => {
        session.pipe(ends[i])
      })
      expect(await outcomes(...pair)).toEqual(['clean', 'clean'])
      for (const copy of copies) expect(await blocks(copy)).toHaveLength(40)
    })

    test('an accept handler that refuses: the peer gets code and message, and eos the error, once', async () => {
      const core = await writer(1)
      const [a, b] = sessions()
      a.share([core])
      const refusal = Object.assign(new Error('I know you.'), { code: 'ERR_BANNED' })
      b.on('advertise', (_offer, accept) => accept(refusal))
      const [near, far] = await kind.make()
      const ends = [listen(a.pipe(near)), listen(b.pipe(far))]
      const error = await a.closed.catch((error) => error)
      expect(error).toMatchObject({
        code: 'ERR_PEER_REFUSED',
        reason: { code: 'ERR_BANNED', message: 'I know you.' },
      })
      await expect(b.closed).rejects.toBe(refusal)
      expect(await Promise.all(ends.map((end) => end.over))).toEqual([[error], [refusal]])
    })

    test('different keys: eos gets the error at both ends', async () => {
      const a = replic8(encryptionKey)
      const b = replic8(otherKey)
      const [near, far] = await kind.make()
      const ends = [listen(a.pipe(near)), listen(b.pipe(far))]
      const errors = await Promise.all(ends.map((end) => end.over))
      expect(errors.map((all) => all.map((error) => error?.code))).toEqual([['ERR_KEY_MISMATCH'], ['ERR_KEY_MISMATCH']])
    })

    test('a transport that goes away in the middle: an error, at both ends', async () => {
      const [a, b] = sessions({ live: true }, { live: true })
      const [near, far] = await kind.make()
      const ends = [listen(a.pipe(near)), listen(b.pipe(far))]
      await Promise.all([a.opened, b.opened])
      if (near.readable instanceof ReadableStream) near.session = b
      kind.cut(near)
      const [cut, other] = await outcomes(a, b)
      const codes = ['ERR_TRUNCATED', 'ERR_STREAM']
      expect(codes).toContain(cut)
      if (!near.session) expect(codes).toContain(other)
      expect((await ends[0]?.over)?.map((error) => error?.code)).toEqual([cut])
      await ends[1]?.over
    })

    if (kind.fail)
      test("a transport that fails: ERR_STREAM, with the transport's error as the cause", async () => {
        const [a, b] = sessions({ live: true }, { live: true })
        const [near, far] = await kind.make()
        const end = listen(a.pipe(near))
        b.pipe(far)
        await Promise.all([a.opened, b.opened])
        const cause = new Error('The cable is gone.')
        kind.fail?.(near, cause)
        await expect(a.closed).rejects.toMatchObject({ code: 'ERR_STREAM', cause })
        expect((await end.over).map((error) => error?.code)).toEqual(['ERR_STREAM'])
        expect(await outcome(b)).toMatch(/^ERR_(TRUNCATED|STREAM)$/)
      })

    test('destroy(err): it ends with that very error, and takes the transport with it', async () => {
      const [a, b] = sessions({ live: true }, { live: true })
      const [near, far] = await kind.make()
      const end = listen(a.pipe(near))
      b.pipe(far)
      await Promise.all([a.opened, b.opened])
      const error = new Error('Enough.')
      a.destroy(error)
      await expect(a.closed).rejects.toBe(error)
      expect(await end.over).toEqual([error])
      expect(await outcome(b)).toMatch(/^ERR_(TRUNCATED|STREAM)$/)
      await expectClosed(near)
    })

    test('end() before the session is open: it opens, says goodbye and ends', async () => {
      const [a, b] = sessions({ live: true }, { live: true })
      const [near, far] = await kind.make()
      const end = listen(a.pipe(near))
      a.end()
      b.pipe(far)
      expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
      expect(await end.over).toEqual([null])
    })

    test('end() before pipe: the session is over, and the transport is let go', async () => {
      const session = replic8(encryptionKey)
      session.end()
      await session.closed
      const [near, far] = await kind.make()
      if (far.on) far.on('error', () => {})
      session.pipe(near)
      await expectClosed(near)
    })
  })
}

describe('piped by hand', () => {
  const byHand = async (): Promise<[Session, Session, Transport, Transport]> => {
    const [a, b] = sessions()
    const [near, far] = await socketPair()
    near.pipe(a.stream as never).pipe(near as never)
    far.pipe(b.stream as never).pipe(far as never)
    return [a, b, near, far]
  }

  test('a feed is replicated, and both streams end', async () => {
    const core = await writer(10)
    const [a, b, near, far] = await byHand()
    const copy = reader(core.key)
    a.share([core])
    b.on('advertise', (_offer, accept) => accept(null, [copy]))
    const ends = [listen(a.stream), listen(b.stream)]
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(await Promise.all(ends.map((end) => end.over))).toEqual([[null], [null]])
    expect(await blocks(copy)).toHaveLength(10)
    await Promise.all([expectClosed(near), expectClosed(far)])
  })

  test('a refusal reaches the peer', async () => {
    const core = await writer(1)
    const [a, b] = await byHand()
    a.share([core])
    b.on('advertise', (_offer, accept) => accept(new Error('No.')))
    await expect(a.closed).rejects.toMatchObject({ code: 'ERR_PEER_REFUSED', reason: { message: 'No.' } })
    await expect(b.closed).rejects.toThrow('No.')
  })

  test('destroy() takes the socket along, and nothing is thrown', async () => {
    const [a, b, near] = await byHand()
    await a.opened
    a.destroy()
    expect(await outcome(a)).toBe('clean')
    expect(await outcome(b)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
    await expectClosed(near)
  })

  test('by stream.pipeline, with its error', async () => {
    const [a, b] = sessions({ live: true }, { live: true })
    const [near, far] = await socketPair()
    b.pipe(far)
    const done = new Promise((resolve) => pipeline([near, a.stream as never, near], resolve))
    await a.opened
    const cause = new Error('The cable is gone.')
    near.destroy(cause)
    expect(await done).toBe(cause)
    expect(await outcome(a)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
    expect(await outcome(b)).toMatch(/^ERR_(STREAM|TRUNCATED)$/)
  })

  test('by stream.pipeline, to the end', async () => {
    const [a, b] = sessions()
    const [near, far] = await socketPair()
    b.pipe(far)
    const done = new Promise((resolve) => pipeline([near, a.stream as never, near], resolve))
    a.share([await writer(1)])
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(await done).toBe(undefined)
  })
})

describe('stream.finished of what pipe returns', () => {
  test('is told of a good end without an error', async () => {
    const [a, b] = sessions()
    const done = new Promise((resolve) => finished(a.pipe(b.stream) as never, resolve))
    a.share([await writer(1)])
    expect(await done).toBe(undefined)
  })

  test('is told of a bad end with the error', async () => {
    const [a, b] = sessions()
    const done = new Promise((resolve) => finished(a.pipe(b.stream) as never, resolve))
    await a.opened
    b.destroy()
    expect(await done).toMatchObject({ code: 'ERR_TRUNCATED' })
  })
})

test('a peer that just closes its side, without a goodbye: ERR_TRUNCATED, to eos too', async () => {
  const session = replic8(encryptionKey, { live: true, initiator: false })
  const [near, far] = await socketPair()
  const peer = new HostilePeer(encryptionKey)
  peer.stream.pipe(far)
  far.on('data', (chunk) => peer.stream.write(chunk))
  const end = listen(session.pipe(near))
  await peer.greet()
  await session.opened
  far.end()
  expect(await outcome(session)).toBe('ERR_TRUNCATED')
  expect((await end.over).map((error) => error?.code)).toEqual(['ERR_TRUNCATED'])
  peer.stream.destroy()
})

test('a transport that is over already: ERR_TRUNCATED', async () => {
  const [near, far] = await socketPair()
  near.destroy()
  const session = replic8(encryptionKey)
  session.pipe(near)
  expect(await outcome(session)).toBe('ERR_TRUNCATED')
  far.destroy()
})

test('a socket that can not connect: ERR_STREAM', async () => {
  const [near, far] = await socketPair()
  const { localPort } = near
  far.destroy()
  near.destroy()
  await once(near, 'close')
  const session = replic8(encryptionKey)
  session.pipe(connect(localPort as number, '127.0.0.1'))
  await expect(session.closed).rejects.toMatchObject({ code: 'ERR_STREAM', cause: { code: 'ECONNREFUSED' } })
})

test('a stream that gives text: ERR_STREAM', async () => {
  const [near, far] = nodePair()
  near.setEncoding('utf8')
  const session = replic8(encryptionKey)
  session.pipe(near)
  far.write('hello')
  expect(await outcome(session)).toBe('ERR_STREAM')
})

test('what is no stream: ERR_BAD_ARGUMENT, and the session can still be piped', async () => {
  const [a, b] = sessions({ live: true }, { live: true })
  for (const wrong of [undefined, null, 5, 'tcp', {}, { readable: 1, writable: 2 }, []])
    expect(() => a.pipe(wrong)).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  a.pipe(b.stream)
  await a.opened
  expect(() => a.pipe(nodePair()[0])).toThrow(expect.objectContaining({ code: 'ERR_BAD_ARGUMENT' }))
  await expectAlive(a, b)
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
})

test('a Connection that floods a session which is still asked about the peer is cut off', async () => {
  const [near, far] = memoryPair()
  const session = replic8(encryptionKey, { initiator: false, onauthenticate: () => {} })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(near)
  peer.stream.on('data', (chunk: Buffer) => far.send(Buffer.from(chunk)))
  far.ondata = (chunk) => peer.stream.write(Buffer.from(chunk))
  await peer.shaken
  for (let sent = 0; sent < 100; sent++) far.send(Buffer.alloc(65_536))
  expect(await outcome(session)).toBe('ERR_HANDSHAKE')
})

/** Every answer that end-of-stream gives for a stream, until that is closed. */
function listen(stream: Transport): { over: Promise<(Error & { code?: string } | null)[]> } {
  const answers: (Error | null)[] = []
  eos(stream, (error?: Error | null) => answers.push(error ?? null))
  const over = new Promise<(Error | null)[]>((resolve) =>
    stream.on('close', () => setImmediate(() => resolve(answers))),
  )
  return { over }
}

/** Waits until a transport is closed. */
async function expectClosed(end: Transport) {
  if (end.over) await end.over
  else if (end.readable instanceof ReadableStream) {
    // What is still read ends, or is taken back.
    while (end.readable.locked && end.writable.locked === false) await turn()
  } else if (!end.destroyed) await once(end, 'close')
}

function big(): Uint8Array[] {
  return Array.from({ length: 40 }, (_, i) => Buffer.alloc(20_000, i))
}
