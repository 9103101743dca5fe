import { describe, expect, test } from 'vitest'
import { AnswerGate } from '../../src/session/answer-gate.ts'
import { replic8 } from '../../src/session/replic8.ts'
import type { Session } from '../../src/session/session.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { blocks, reader, type TestCore, writer } from '../helpers/cores.ts'
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
} from '../helpers/sessions.ts'

const KB = 1024
const MB = 1024 * KB
/** What the sessions here may have waiting: queuedBytes, and the blocks of 64 KB that were being read when it was full. */
const most = MB + 65 * 64 * KB

/** How many bytes wait for the transport. */
const queued = (session: Session) => session.stream.queuedBytes

function many(count: number, size: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => Buffer.alloc(size, i))
}

describe('a peer that takes nothing', () => {
  test('is sent no more than queuedBytes and what was under way, and everything when it reads again', async () => {
    const core = await writer(many(400, 64 * KB))
    const copy = reader(core.key)
    const wire = controllableWire()
    const [a, b] = sessions({ limits: { queuedBytes: MB } }, {})
    a.share([core])
    let agreed!: () => void
    const downloading = new Promise<void>((resolve) => {
      agreed = resolve
    })
    b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, maxRequests: 400 }]))
    b.on('replicate', () => {
      wire.pause('a→b')
      agreed()
    })
    a.pipe(wire.a)
    b.pipe(wire.b)
    await downloading
    await quiet(() => queued(a))
    expect(queued(a)).toBeLessThan(most)
    wire.resume('a→b')
    expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
    expect(copy.downloaded()).toBe(400)
    expect(queued(a)).toBe(0)
  })

  test('but asks for thousands of large blocks does not fill the memory, and is still heard', async () => {
    const core = await writer(many(200, 64 * KB))
    const { session, peer, feed, resume } = await asking(core)
    for (let n = 0; n < 5000; n++) feed.request({ index: n % 200 })
    await quiet(() => queued(session))
    expect(queued(session)).toBeLessThan(most)
    // It goes on reading.
    const heard = new Promise((resolve) => session.registerExtension('app', { onmessage: resolve }))
    peer.send({ type: 'extension', name: 'app', payload: Buffer.from('still here') })
    expect(String(await heard)).toBe('still here')
    resume()
    session.destroy()
    await outcome(session)
  })
})

describe('a peer that never reads', () => {
  test('and asks again and again what there is, is told when it reads', async () => {
    const core = await writer(many(200, 64 * KB))
    const { session, feed, resume, haves } = await asking(core)
    for (let n = 0; n < 200; n++) feed.request({ index: n })
    await quiet(() => queued(session))
    const before = queued(session)
    expect(before).toBeGreaterThan(MB)
    for (let n = 0; n < 10_000; n++) feed.want({ start: 0, length: 1024 * 1024 })
    await quiet(() => queued(session))
    expect(queued(session)).toBe(before)
    const told = haves()
    resume()
    await quiet(haves)
    expect(haves()).toBeGreaterThan(told)
    session.destroy()
    await outcome(session)
  })

  test('and opens and closes channels for ever: ERR_TOO_MUCH_QUEUED', async () => {
    const neighbours = await openSessions({ live: true }, { live: true })
    const core = await writer(many(200, 64 * KB))
    const { session, peer, feed } = await asking(core)
    for (let n = 0; n < 200; n++) feed.request({ index: n })
    await quiet(() => queued(session))
    const before = queued(session)
    let most = before
    for (let n = 0; session.isOpen; n++) {
      const discoveryKey = Buffer.alloc(32)
      discoveryKey.writeUInt32BE(n)
      peer.stream.state.open(7, { key: null, discoveryKey, capability: discoveryKey })
      peer.stream.state.close(7, {})
      if (n % 100 === 0) await turn()
      most = Math.max(most, queued(session))
    }
    expect(most).toBeLessThan(before + MB + 64 * KB)
    expect(await outcome(session)).toBe('ERR_TOO_MUCH_QUEUED')
    await expectAlive(...neighbours)
    neighbours[0].destroy()
  })
})

test('a slow reader over TCP is no offender: all arrives', async () => {
  const core = await writer(many(300, 32 * KB))
  const copy = reader(core.key)
  const [near, far] = await socketPair()
  const [a, b] = sessions({ limits: { queuedBytes: 256 * KB } }, {})
  a.share([core])
  b.on('advertise', (_offer, accept) => accept(null, [{ core: copy, maxRequests: 256 }]))
  a.pipe(near)
  b.pipe(far)
  let reads = 0
  far.on('data', () => {
    far.pause()
    // Reads on a turn later, 40 KB or so at a time.
    reads++
    setImmediate(() => far.resume())
  })
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(reads).toBeGreaterThan(10)
  expect((await blocks(copy)).length).toBe(300)
})

test('control messages pass a full queue in their order', async () => {
  const wire = controllableWire()
  const [a, b] = sessions({ live: true, limits: { queuedBytes: 1000 } }, { live: true })
  a.pipe(wire.a)
  b.pipe(wire.b)
  await Promise.all([a.opened, b.opened])
  const got: number[] = []
  b.registerExtension('app', { encoding: 'json', onmessage: ({ n }: { n: number }) => void got.push(n) })
  const extension = a.registerExtension<object>('app', { encoding: 'json' })
  wire.pause('a→b')
  for (let n = 0; n < 200; n++) extension.send({ n, text: 'x'.repeat(1000) })
  await turn()
  expect(queued(a)).toBeGreaterThan(1000)
  wire.resume('a→b')
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(got).toEqual(Array.from({ length: 200 }, (_, n) => n))
})

test('one slow peer holds up no other', async () => {
  const neighbours = await openSessions({ live: true }, { live: true })
  const core = await writer(many(50, 64 * KB))
  const { session, feed } = await asking(core)
  for (let index = 0; index < 50; index++) feed.request({ index })
  await quiet(() => queued(session))
  await expectAlive(...neighbours)
  neighbours[0].destroy()
  session.destroy()
})

test('requests that a core never answers do not hold up the others for ever', async () => {
  const gate = new AnswerGate()
  while (gate.open) gate.begin(undefined)
  await new Promise<void>((resolve) => gate.wait({ isWaiting: false, resume: resolve }))
  expect(gate.open).toBe(true)
  gate.stop()
})

/** A session that shares a core with a hostile peer, which has opened the feed, and from now on takes nothing. */
async function asking(core: TestCore) {
  const wire = controllableWire()
  const session = replic8(encryptionKey, { initiator: false, live: true, limits: { queuedBytes: MB } })
  session.share([core])
  session.pipe(wire.a)
  const peer = new HostilePeer(encryptionKey)
  peer.stream.pipe(wire.b).pipe(peer.stream)
  await peer.greet()
  const offer = await peer.heard('offer')
  peer.send({ type: 'answer', first: offer.first, accepted: [true], reason: 'declined' })
  let haves = 0
  const feed = await new Promise<TestCore>((resolve) => {
    const channel: TestCore = peer.stream.open(core.key, {
      onhave: () => {
        haves++
        resolve(channel)
      },
      onstatus: () => {},
    })
    channel.status({ uploading: false, downloading: true })
    channel.want({ start: 0, length: 1024 * 1024 })
  })
  wire.pause('b→a')
  wire.resume('b→a')
  wire.pause('a→b')
  return { session, peer, feed, resume: () => wire.resume('a→b'), haves: () => haves }
}

/** Waits until a number stands still over many turns of the event loop. */
async function quiet(number: () => number) {
  for (let still = 0, last = -1; still < 200; still++) {
    if (number() !== last) still = 0
    last = number()
    await turn()
  }
}
