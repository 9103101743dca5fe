import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { replic8 } from '../../src/session/replic8.ts'
import { HostilePeer, hello } from '../helpers/hostile-peer.ts'
import { encryptionKey, openSessions, outcome, outcomes, sessions } from '../helpers/sessions.ts'

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
  })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A session that never finds its peer silent, and that peer. */
async function met(controlPerSecond: number, timeout = 0) {
  const session = replic8(encryptionKey, { initiator: false, live: true, timeout })
  const peer = new HostilePeer(encryptionKey)
  session.pipe(peer.stream)
  await peer.greet({ ...hello, limits: { ...hello.limits, controlPerSecond } })
  await session.opened
  return { session, peer }
}

test("a session that ends in its 'open' leaves no timer behind", async () => {
  const [a, b] = sessions({ live: true }, { live: true })
  b.on('open', () => b.destroy())
  a.pipe(b.stream)
  expect(await outcomes(a, b)).toEqual(['ERR_TRUNCATED', 'clean'])
  expect(vi.getTimerCount()).toBe(0)
})

test('sessions that say goodbye leave no timer behind', async () => {
  const [a, b] = await openSessions({ live: true }, { live: true })
  a.end()
  expect(await outcomes(a, b)).toEqual(['clean', 'clean'])
  expect(vi.getTimerCount()).toBe(0)
})

test('a goodbye that is never answered, by a peer that is not silent: ERR_TIMEOUT', async () => {
  const { session, peer } = await met(1000)
  session.end()
  await peer.heard('bye')
  peer.send({ type: 'ping', token: 1 })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await outcome(session)).toBe('ERR_TIMEOUT')
})

test('a goodbye that waits its turn at a slow peer is not late', async () => {
  const { session, peer } = await met(0)
  const extension = session.registerExtension('app')
  for (let n = 0; n < 15; n++) extension.send(Buffer.alloc(1))
  session.end()
  await vi.advanceTimersByTimeAsync(20_000)
  expect((await peer.heard('bye')).code).toBe('')
  peer.send({ type: 'bye', code: '', message: '' })
  peer.stream.end()
  expect(await outcome(session)).toBe('clean')
})

test('a goodbye that has to wait for longer than a minute: ERR_TIMEOUT, and the peer is told', async () => {
  const { session, peer } = await met(0)
  const extension = session.registerExtension('app')
  for (let n = 0; n < 1000; n++) extension.send(Buffer.alloc(1))
  session.end()
  await vi.advanceTimersByTimeAsync(60_000)
  expect((await peer.heard('bye')).code).toBe('ERR_TIMEOUT')
  expect(await outcome(session)).toBe('ERR_TIMEOUT')
})
