import { afterEach, expect, test, vi } from 'vitest'
import { Pulse } from '../../src/session/pulse.ts'
import { append, writer } from '../helpers/cores.ts'
import { openSessions } from '../helpers/sessions.ts'
import { takeAll, until } from '../helpers/sharing.ts'

const live = { live: true }
afterEach(() => {
  vi.useRealTimers()
})

test('it grows up to what is wanted, and there is always a last one', async () => {
  const [a, b] = await openSessions(live, live)
  const core = await writer(Array.from({ length: 200 }, () => Buffer.alloc(1000)))
  takeAll(b)
  const seen: { have: number; want: number; bytes: number; namespace: string | null }[] = []
  b.on('progress', (info) => seen.push(info))
  await a.share(core).accepted
  await until(() => seen.at(-1)?.have === 200)
  expect(seen.at(-1)).toMatchObject({ key: core.key, namespace: null, have: 200, want: 200, bytes: 200_000 })
  const haves = seen.map(({ have }) => have)
  expect(haves).toEqual([...haves].sort((one, other) => one - other))
  await append(core, Buffer.alloc(1000))
  await until(() => seen.at(-1)?.have === 201)
  expect(seen.at(-1)).toMatchObject({ have: 201, want: 201, bytes: 201_000 })
})

test('a one-shot session tells the last progress before it ends', async () => {
  const [a, b] = await openSessions()
  const core = await writer(50)
  takeAll(b)
  const told: string[] = []
  b.on('progress', ({ have, want }) => told.push(`${have} of ${want}`))
  b.on('close', () => told.push('close'))
  a.share(core)
  await Promise.all([a.closed, b.closed])
  expect(told.slice(-2)).toEqual(['50 of 50', 'close'])
})

test('however often something changes, it is told ten times a second at most', () => {
  vi.useFakeTimers()
  let told = 0
  const pulse = new Pulse(100, () => told++)
  for (let ms = 0; ms < 1000; ms++) {
    pulse.request()
    vi.advanceTimersByTime(1)
  }
  pulse.stop()
  expect(told).toBeGreaterThanOrEqual(9)
  expect(told).toBeLessThanOrEqual(11)
})
