import { expect, onTestFinished, test, vi } from 'vitest'
import { noiseKeyPair } from '../../src/session/engine.ts'
import { memoryHub, memoryTransport } from '../../src/transports/memory.ts'
import { controllableWire } from '../helpers/controllable-wire.ts'
import { writer } from '../helpers/cores.ts'
import { expectAlive, outcomes, turn } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'
import { arrived, connect, replicator, sharing, taking } from './peers.ts'

test('two transports that join the same two peers: both ends settle on the same session', async () => {
  for (let round = 0; round < 5; round++) {
    const core = await writer(2)
    const [a, b] = [replicator(), replicator()]
    const copies = taking()
    a.use(sharing(core))
    b.use(copies)
    for (const hub of [memoryHub(), memoryHub(), memoryHub()]) {
      for (const peer of [a, b]) peer.join(memoryTransport(hub))
    }
    let closed = 0
    for (const peer of [a, b]) peer.on('close', (error) => void (error ?? closed++))
    await until(() => closed === 4)
    expect(a.sessions).toHaveLength(1)
    expect(a.sessions[0]?.id).toEqual(b.sessions[0]?.id)
    await arrived(copies.copies, core, 2)
    expect((await b.synced({ direction: 'in' })).feeds).toHaveLength(1)
    const [atA, atB] = [a.sessions[0], b.sessions[0]]
    if (atA && atB) await expectAlive(atA, atB)
  }
})

test('a peer that was started again with the same key pair takes the place of its dead session', async () => {
  const keyPair = noiseKeyPair()
  const core = await writer(2)
  const [a, before, after] = [replicator(), replicator({ keyPair }), replicator({ keyPair })]
  a.use(sharing(core))
  const copies = taking()
  after.use(copies)
  const wire = controllableWire()
  const old = a.connect(wire.a)
  before.connect(wire.b)
  await old.opened
  wire.silence()
  const next = controllableWire()
  const replacing = a.connect(next.a)
  after.connect(next.b)
  await arrived(copies.copies, core, 2)
  await expect(old.closed).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  expect(a.sessions).toEqual([replacing])
})

test('a connection that still brings something is alive, however late its answer; a silent one is not', async () => {
  const [a, b] = [replicator(), replicator()]
  const wire = controllableWire()
  const [mine, theirs] = [a.connect(wire.a), b.connect(wire.b)]
  const [atA, atB] = [mine, theirs].map((session) => session.registerExtension('chat'))
  await Promise.all([mine.opened, theirs.opened])
  wire.hold('b→a')
  for (let i = 0; i < 20; i++) {
    atB?.send(Buffer.from('before the answer'))
    // Messages of one turn would be one piece on the wire.
    await turn()
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const replacing = connect(a, b)
  await until(() => replacing.every(({ isOpen }) => isOpen))
  for (let second = 0; second < 8; second++) {
    wire.flush('b→a', 1)
    atA?.send(Buffer.from('I am here'))
    await vi.advanceTimersByTimeAsync(1000)
    await turn()
    expect([mine.isOpen, theirs.isOpen]).toEqual([true, true])
  }
  await vi.advanceTimersByTimeAsync(7000)
  // Whoever looked first cut it.
  expect(await outcomes(mine, theirs)).toContain('ERR_TIMEOUT')
  await until(() => [a, b].every(({ sessions }) => sessions.length === 1))
  expect([a, b].flatMap(({ sessions }) => sessions)).toEqual(replacing)
})

test('peers of different keys are different peers', async () => {
  const hub = memoryHub()
  const peers = [replicator(), replicator(), replicator()]
  for (const peer of peers) peer.join(memoryTransport(hub))
  await until(() => peers.every(({ sessions }) => sessions.length === 2))
  await Promise.all(peers.map((peer) => peer.synced()))
  expect(peers.map(({ sessions }) => sessions.length)).toEqual([2, 2, 2])
})
