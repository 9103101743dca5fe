import type { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { memoryHub, memoryTransport } from '../../src/transports/memory.ts'
import { writer } from '../helpers/cores.ts'
import { outcome, outcomes } from '../helpers/sessions.ts'
import { until } from '../helpers/sharing.ts'
import { arrived, connect, problemsOf, replicator, sharing, taking } from './peers.ts'

const listeners = (emitter: EventEmitter) =>
  Object.fromEntries(emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]))

test('close leaves no listener on a core, no timer and no session', async () => {
  const core = await writer(2)
  const copies = taking()
  const before = listeners(core)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  try {
    const [a, b] = [replicator(), replicator()]
    let isAsked = false
    a.use(sharing(core))
    a.use({
      share: () => {
        isAsked = true
        return new Promise<never>(() => {})
      },
    })
    b.use(copies)
    const pair = connect(a, b)
    await until(() => isAsked)
    await vi.advanceTimersByTimeAsync(100)
    await until(() => b.cores.length === 1)
    const problems = problemsOf(a)
    const closing = [a.close(), b.close()]
    while (pair.some(({ isOpen }) => isOpen) || vi.getTimerCount() > 0) {
      await vi.advanceTimersByTimeAsync(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(closing)
    expect(await outcomes(...pair)).toEqual(['clean', 'clean'])
    expect(problems).toEqual([])
    expect([a.sessions, b.sessions]).toEqual([[], []])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
  expect(listeners(core)).toEqual(before)
  for (const copy of copies.copies.values()) expect(listeners(copy)).toEqual(before)
})

test('close ends the sessions gracefully, then closes the stores, and says when all is flushed', async () => {
  const core = await writer(2)
  const hub = memoryHub()
  const [a, b] = [replicator(), replicator()]
  const order: string[] = []
  const copies = taking()
  a.use(sharing(core))
  b.use({
    ...copies,
    close: async () => {
      order.push('closing')
      await new Promise((resolve) => setImmediate(resolve))
      order.push('closed')
    },
  })
  for (const peer of [a, b]) peer.join(memoryTransport(hub))
  await arrived(copies.copies, core, 2)
  b.on('close', () => order.push('session over'))
  const [session] = b.sessions
  await Promise.all([b.close(), b.close()])
  expect(order).toEqual(['session over', 'closing', 'closed'])
  expect(session && (await outcome(session))).toBe('clean')
  expect(hub.rooms.size).toBe(1)
})

test('a closed replicator takes nothing more', async () => {
  const a = replicator()
  const closed = expect.objectContaining({ code: 'ERR_CLOSED' })
  let mounted: { close(): Promise<void> } | undefined
  a.use({
    mounted(host) {
      mounted = host as never
    },
  })
  await until(() => mounted !== undefined)
  await mounted?.close()
  expect(() => a.connect({})).toThrow(closed)
  expect(() => a.join(memoryTransport(memoryHub()))).toThrow(closed)
  expect(() => a.use(sharing())).toThrow(closed)
  a.announce(null, await writer(1))
  await expect(a.synced()).rejects.toEqual(closed)
  await a.close()
})

test('closing makes who waits for the first peer stop waiting', async () => {
  const a = replicator()
  a.join(memoryTransport(memoryHub()))
  const synced = a.synced()
  await a.close()
  await expect(synced).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('no store is asked anything after it was closed', async () => {
  const [a, b] = [replicator(), replicator()]
  const asked: string[] = []
  let answer = (_isRejected: boolean) => {}
  a.use(sharing(await writer(1)))
  b.use({
    reject: () => {
      asked.push('reject')
      return new Promise<boolean>((resolve) => {
        answer = resolve
      })
    },
    store: () => void asked.push('store'),
    resolve: () => void asked.push('resolve'),
    close: () => void asked.push('close'),
  })
  connect(a, b)
  await until(() => asked.length > 0)
  await b.close()
  answer(false)
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toEqual(['reject', 'close'])
})
