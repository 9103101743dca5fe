import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { memoryPair } from '../../src/transports/memory.ts'
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
import { expectClosed, listen, nodePair, transportKinds } from '../helpers/transport-kinds.ts'

let uncaught: ReturnType<typeof uncaughtErrors>

beforeEach(() => {
  uncaught = uncaughtErrors()
})

afterEach(async () => {
  await turn()
  uncaught.stop()
  expect(uncaught.errors).toEqual([])
})

for (const [name, kind] of Object.entries(transportKinds)) {
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
      expect(errors.map((all) => all.map((error) => error?.code))).toEqual([
        ['ERR_KEY_MISMATCH'],
        ['ERR_KEY_MISMATCH'],
      ])
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

function big(): Uint8Array[] {
  return Array.from({ length: 40 }, (_, i) => Buffer.alloc(20_000, i))
}
